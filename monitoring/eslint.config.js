import serving from '../serving/eslint.config.js';

/** The rules of the serving tier, whose tools check this package too. */
export default [
  ...serving,
  { files: ['**/*.ts'], rules: { 'no-restricted-properties': 'off' } },
  // The form of dashboards that every Grafana in use reads, which its SDK calls the old one.
  { files: ['dashboards/**'], rules: { '@typescript-eslint/no-deprecated': 'off' } },
  { files: ['**/*.test.ts'], rules: { '@typescript-eslint/no-unused-expressions': 'off' } },
];
