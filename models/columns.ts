/** How the columns that several tables share look to Sequelize. */
import { DataTypes, type Model, type ModelAttributes, type ModelStatic, type Sequelize } from 'sequelize';

/** A bigint that is an amount or a count: safe as a number, and a number on the wire. Ids stay strings. */
export const amount = (field: string) => ({
  type: DataTypes.BIGINT,
  field,
  get(this: Model): number | null {
    const value: unknown = this.getDataValue(camel(field));
    return value === null || value === undefined ? null : Number(value);
  },
});

const camel = (field: string): string => field.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** One definition per connection: services that share a table share its model. */
export const define = (
  sequelize: Sequelize,
  name: string,
  tableName: string,
  attributes: ModelAttributes,
  options: { timestamps?: boolean } = {},
): ModelStatic<Model> =>
  sequelize.isDefined(name) ? sequelize.model(name) : sequelize.define(name, attributes, { tableName, underscored: true, ...options });
