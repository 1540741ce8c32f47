import { DataTypes, type Model, type ModelStatic, type Sequelize } from 'sequelize';
import { define } from './columns.ts';

export const plantModel = (sequelize: Sequelize): ModelStatic<Model> =>
  define(sequelize, 'plant', 'plants', {
    id: { type: DataTypes.TEXT, primaryKey: true },
    name: DataTypes.TEXT,
    latitude: DataTypes.DOUBLE,
    longitude: DataTypes.DOUBLE,
    strategy: DataTypes.TEXT,
    hours: DataTypes.JSON,
    loadSlots: DataTypes.SMALLINT,
    brokenSince: DataTypes.DATE,
    brokenReason: DataTypes.TEXT,
    version: DataTypes.INTEGER,
    createdAt: DataTypes.DATE,
    updatedAt: DataTypes.DATE,
  });

export const driverModel = (sequelize: Sequelize): ModelStatic<Model> =>
  define(sequelize, 'driver', 'drivers', {
    id: { type: DataTypes.TEXT, primaryKey: true },
    name: DataTypes.TEXT,
    licenceExpiry: DataTypes.DATEONLY,
    shift: DataTypes.JSON,
    version: DataTypes.INTEGER,
    createdAt: DataTypes.DATE,
    updatedAt: DataTypes.DATE,
  });

export const truckModel = (sequelize: Sequelize): ModelStatic<Model> =>
  define(sequelize, 'truck', 'trucks', {
    id: { type: DataTypes.TEXT, primaryKey: true },
    code: DataTypes.TEXT,
    plantId: DataTypes.TEXT,
    homePlantId: DataTypes.TEXT,
    driver: DataTypes.TEXT,
    driverId: DataTypes.TEXT,
    skills: DataTypes.JSON,
    reporting: DataTypes.TEXT,
    capacity: DataTypes.DOUBLE,
    status: DataTypes.TEXT,
    loadId: DataTypes.UUID,
    orderId: DataTypes.BIGINT,
    phases: DataTypes.JSON,
    phaseSince: DataTypes.DATE,
    reason: DataTypes.TEXT,
    version: DataTypes.INTEGER,
    createdAt: DataTypes.DATE,
    updatedAt: DataTypes.DATE,
  });
