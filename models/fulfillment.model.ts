import { DataTypes, type Model, type ModelStatic, type Sequelize } from 'sequelize';
import { define } from './columns.ts';

/** Reads only: fulfilments are written by their actor's store. */
export const fulfillmentModel = (sequelize: Sequelize): ModelStatic<Model> =>
  define(sequelize, 'fulfillment', 'fulfillments', {
    id: { type: DataTypes.UUID, primaryKey: true },
    orderKey: DataTypes.UUID,
    orderId: DataTypes.BIGINT,
    orderNumber: DataTypes.TEXT,
    owner: DataTypes.TEXT,
    locationId: DataTypes.TEXT,
    customerId: DataTypes.TEXT,
    address: DataTypes.JSON,
    lines: DataTypes.JSON,
    status: DataTypes.TEXT,
    carrier: DataTypes.TEXT,
    trackingNo: DataTypes.TEXT,
    reason: DataTypes.TEXT,
    shippedAt: DataTypes.DATE,
    deliveredAt: DataTypes.DATE,
    version: DataTypes.INTEGER,
    createdAt: DataTypes.DATE,
    updatedAt: DataTypes.DATE,
  });
