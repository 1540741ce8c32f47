import { DataTypes, type Model, type ModelStatic, type Sequelize } from 'sequelize';
import { amount, define } from './columns.ts';

export const productModel = (sequelize: Sequelize): ModelStatic<Model> =>
  define(sequelize, 'product', 'products', {
    sku: { type: DataTypes.TEXT, primaryKey: true },
    name: DataTypes.TEXT,
    description: DataTypes.TEXT,
    kind: DataTypes.TEXT,
    priceCents: amount('price_cents'),
    currency: DataTypes.TEXT,
    createdAt: DataTypes.DATE,
    updatedAt: DataTypes.DATE,
  });

/** Reads only: stock is written by its actor's store. */
export const stockModel = (sequelize: Sequelize): ModelStatic<Model> =>
  define(
    sequelize,
    'stockLevel',
    'stock_levels',
    {
      key: { type: DataTypes.TEXT, primaryKey: true },
      sku: DataTypes.TEXT,
      locationId: DataTypes.TEXT,
      available: amount('available'),
      reserved: amount('reserved'),
      incoming: amount('incoming'),
      reorderLevel: amount('reorder_level'),
      allowBackorder: DataTypes.BOOLEAN,
      backordered: DataTypes.INTEGER,
      lowStock: { type: DataTypes.BOOLEAN, field: 'low' },
      version: DataTypes.INTEGER,
      lastUpdated: DataTypes.DATE,
    },
    { timestamps: false },
  );
