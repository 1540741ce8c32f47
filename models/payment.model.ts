import { DataTypes, type Model, type ModelStatic, type Sequelize } from 'sequelize';
import { amount, define } from './columns.ts';

/** Reads only: payments are written by their actor's store. The token never leaves the table. */
export const paymentModel = (sequelize: Sequelize): ModelStatic<Model> =>
  define(sequelize, 'payment', 'payments', {
    id: { type: DataTypes.UUID, primaryKey: true },
    orderId: DataTypes.BIGINT,
    orderNumber: DataTypes.TEXT,
    method: DataTypes.TEXT,
    provider: DataTypes.TEXT,
    status: DataTypes.TEXT,
    amountCents: amount('amount_cents'),
    authorizedCents: amount('authorized_cents'),
    capturedCents: amount('captured_cents'),
    refundedCents: amount('refunded_cents'),
    refundingCents: amount('refunding_cents'),
    owner: DataTypes.TEXT,
    currency: DataTypes.TEXT,
    providerRef: DataTypes.TEXT,
    reason: DataTypes.TEXT,
    version: DataTypes.INTEGER,
    createdAt: DataTypes.DATE,
    updatedAt: DataTypes.DATE,
  });
