/** The small world of a first start: three plants, five trucks and a catalogue with stock. Plants as in the original demo. */
export const seed = {
  plants: [
    { id: 'north', name: 'North', latitude: 45.02, longitude: -93.27 },
    { id: 'south', name: 'South', latitude: 44.83, longitude: -93.28 },
    { id: 'east', name: 'East', latitude: 44.95, longitude: -92.99 },
  ],
  trucks: [
    { id: 'truck-1', code: 'T-1', plantId: 'north', driver: 'Ada Berg' },
    { id: 'truck-2', code: 'T-2', plantId: 'north', driver: 'Bo Carlsen' },
    { id: 'truck-3', code: 'T-3', plantId: 'south', driver: 'Cleo Dahl' },
    { id: 'truck-4', code: 'T-4', plantId: 'south', driver: 'Dan Ek' },
    { id: 'truck-5', code: 'T-5', plantId: 'east', driver: 'Eva Frost' },
  ],
  products: [
    { sku: 'CONCRETE-C25', name: 'Concrete C25/30, cubic yard', kind: 'concrete', priceCents: 14_500, currency: 'USD' },
    { sku: 'CONCRETE-C30', name: 'Concrete C30/37, cubic yard', kind: 'concrete', priceCents: 16_000, currency: 'USD' },
    { sku: 'CEMENT-25KG', name: 'Cement, bag of 25 kg', kind: 'goods', priceCents: 1_150, currency: 'USD' },
    { sku: 'SAND-BULK', name: 'Washed sand, ton', kind: 'goods', priceCents: 3_200, currency: 'USD' },
    { sku: 'GRAVEL-BULK', name: 'Gravel 8/16, ton', kind: 'goods', priceCents: 2_900, currency: 'USD' },
    { sku: 'REBAR-12', name: 'Rebar 12 mm, 6 m', kind: 'goods', priceCents: 990, currency: 'USD' },
  ],
  stockPerPlant: 10_000,
  /** What concrete is mixed from: as the original's plants had it, ten times over. */
  materials: [
    { sku: 'MATERIAL-SAND', name: 'Sand, for mixing', north: 10_000, south: 12_000, east: 8_000 },
    { sku: 'MATERIAL-GRAVEL', name: 'Gravel, for mixing', north: 8_000, south: 9_000, east: 7_000 },
    { sku: 'MATERIAL-CONCRETE', name: 'Cement, for mixing', north: 5_000, south: 6_000, east: 4_000 },
  ],
} as const;
