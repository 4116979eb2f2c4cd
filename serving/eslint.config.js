import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Arrows point one way: api -> prediction -> servables -> model-package; registry -> model-package.
 * Adapters meet the core only in main.ts and in cli/.
 */
const layers = [
  {
    target: './src/model-package',
    from: ['./src/api', './src/prediction', './src/servables', './src/registry', './src/cli'],
  },
  { target: './src/servables', from: ['./src/api', './src/prediction', './src/cli'] },
  { target: './src/registry', from: ['./src/api', './src/prediction', './src/servables', './src/cli'] },
  { target: './src/prediction', from: ['./src/api', './src/registry', './src/cli'] },
  {
    target: './src/quality',
    from: [
      './src/api',
      './src/prediction',
      './src/servables',
      './src/registry',
      './src/cli',
      './src/metrics',
    ],
  },
  {
    target: './src/feedback',
    from: ['./src/api', './src/prediction', './src/registry', './src/quality', './src/cli'],
  },
  { target: './src/kafka', from: ['./src/api', './src/prediction', './src/registry', './src/cli'] },
  // Who moves champion knows the registry and asks replicas by HTTP; no replica knows who moves champion.
  {
    target: './src/promotion',
    from: ['./src/api', './src/prediction', './src/servables', './src/quality', './src/cli'],
  },
  {
    target: ['./src/servables', './src/registry', './src/prediction'],
    from: ['./src/promotion', './src/rollout'],
  },
  { target: './src/api', from: ['./src/cli', './src/promotion', './src/rollout'] },
  // Who takes a version through live traffic moves champion, and knows of replicas what Prometheus says.
  {
    target: './src/rollout',
    from: ['./src/api', './src/prediction', './src/servables', './src/quality', './src/cli'],
  },
  { target: './src/promotion', from: ['./src/rollout'] },
  { target: './src', from: ['./local', './test', './bench'] },
];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] } } },
    plugins: { 'import-x': importX },
    rules: {
      'import-x/no-default-export': 'error',
      'import-x/no-restricted-paths': ['error', { zones: layers }],
      'no-restricted-imports': [
        'error',
        { name: 'onnxruntime-node', message: 'Import servables/onnxruntime.js, which sets it up first.' },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // A typed array read inside its bounds is a number; saying so is cheaper than checking it on the hot path.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: [
      'src/config.ts',
      'src/servables/{onnxruntime,runtime-environment}.ts',
      'test/**',
      'bench/**',
      'local/**',
    ],
    rules: { 'no-restricted-imports': 'off', 'no-restricted-properties': 'off' },
  },
  {
    files: ['src/api/browser/**'],
    // What a browser has is known to the compiler, which checks these files too.
    rules: { 'no-undef': 'off' },
  },
  {
    files: ['test/**'],
    // Chai's assertions are property reads.
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    files: ['eslint.config.js'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'import-x/no-default-export': 'off' },
  },
  prettier,
);
