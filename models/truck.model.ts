import { DataTypes, type Model, type ModelStatic, type Sequelize } from 'sequelize';
import { define } from './columns.ts';

export const truckModel = (sequelize: Sequelize): ModelStatic<Model> =>
  define(sequelize, 'truck', 'trucks', {
    id: { type: DataTypes.TEXT, primaryKey: true },
    code: DataTypes.TEXT,
    plantId: DataTypes.TEXT,
    driver: DataTypes.TEXT,
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

export const plantModel = (sequelize: Sequelize): ModelStatic<Model> =>
  define(sequelize, 'plant', 'plants', {
    id: { type: DataTypes.TEXT, primaryKey: true },
    name: DataTypes.TEXT,
    latitude: DataTypes.DOUBLE,
    longitude: DataTypes.DOUBLE,
    version: DataTypes.INTEGER,
    createdAt: DataTypes.DATE,
    updatedAt: DataTypes.DATE,
  });
