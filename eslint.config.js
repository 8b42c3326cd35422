import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/**
 * Which folders of `runner/` a folder may import from. What is not listed is refused: the layering of docs/architecture.md.
 * `types` are folders of which only types may be taken.
 */
const LAYERS = {
  diagnostic: [],
  disk: [],
  value: ['diagnostic'],
  contract: ['diagnostic', 'value'],
  load: ['diagnostic', 'value', 'contract', 'module.ts'],
  plan: ['diagnostic', 'value', 'load'],
  port: ['diagnostic', 'disk', 'value', 'contract'],
  probe: ['diagnostic', 'contract', 'port'],
  resolve: ['diagnostic', 'disk', 'value', 'contract', 'load', 'plan'],
  diff: ['diagnostic', 'value', 'contract', 'probe', 'resolve'],
  apply: ['diagnostic', 'contract', 'port'],
  report: ['diagnostic', 'value', 'diff', 'resolve', 'run'],
  run: ['diagnostic', 'disk', 'value', 'contract', 'load', 'plan', 'port', 'probe', 'resolve', 'diff', 'apply', 'report'],
  cli: ['diagnostic', 'disk', 'value', 'load', 'run'],
}

const folders = Object.keys(LAYERS)

export default tseslint.config(
  { ignores: ['dist', 'node_modules', '.tap', '.tsimp', 'eslint.config.js', 'test/coverage-map.js'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // The rule recurses without end on recursive types such as Value.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-control-regex': 'off',
    },
  },
  ...folders.map((folder) => ({
    files: [`runner/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(?:\\.\\./)+(?:${[...folders, 'main.ts', 'module.ts']
                .filter((other) => other !== folder && !LAYERS[folder].includes(other))
                .join('|')
                .replaceAll('.', '\\.')})(?:/|$)`,
              message: `runner/${folder} may import from: ${[folder, ...LAYERS[folder]].join(', ')}`,
            },
            { regex: '^(?:\\.\\./)+modules/', message: 'the engine knows modules only by their names' },
          ],
        },
      ],
    },
  })),
  {
    files: ['modules/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!(?:\\.\\./)+runner/module\\.ts$|\\./|\\.\\./)|(?:^|/)runner/(?!module\\.ts$)',
              message: 'a module imports the contract (runner/module.ts) and modules/shared, and nothing else',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // tap's subtests are promises that tap itself awaits.
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
)
