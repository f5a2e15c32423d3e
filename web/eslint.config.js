import js from '@eslint/js'
import jsxA11y from 'eslint-plugin-jsx-a11y'
import reactHooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import tseslint from 'typescript-eslint'

// Which features a feature may use. Everything else that two of them need is in shared/.
const USES = {
  connect: ['sync'],
  edits: [],
  home: ['offers'],
  identity: [],
  offers: ['edits'],
  settings: ['connect', 'sources'],
  sources: ['edits'],
  sync: [],
}
const FEATURES = Object.keys(USES)

// Two rules of hooks read the code as it is written; the others compile each component, which takes four times as long
// as all other rules together. `npm run check` leaves them out, `npm run lint`, editors and CI do not.
const QUICK = process.env.LINT === 'quick'
const hooks = reactHooks.configs.flat.recommended
const COMPILED = Object.keys(hooks.rules).filter(
  (rule) => !['react-hooks/rules-of-hooks', 'react-hooks/exhaustive-deps'].includes(rule),
)

/** The borders of one place: `features` that it may not import. Only app/ knows all of them. */
function border(files, features) {
  return {
    files,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `/(${features.join('|')})/|(^|/)app/`,
              message: 'A feature uses shared/ and the features that eslint.config.js lets it.',
            },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: `ImportExpression > Literal[value=/\\/(${features.join('|')})\\//]`,
          message: 'A feature uses shared/ and the features that eslint.config.js lets it.',
        },
      ],
    },
  }
}

export default tseslint.config(
  { ignores: ['node_modules', 'src/api/schema.d.ts', 'e2e/.work', 'test-results'] },
  js.configs.recommended,
  tseslint.configs.strict,
  hooks,
  { rules: QUICK ? Object.fromEntries(COMPILED.map((rule) => [rule, 'off'])) : {} },
  jsxA11y.flatConfigs.recommended,
  {
    files: ['src/**/*.{ts,tsx}'],
    languageOptions: { globals: globals.browser },
    rules: {
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 12],
      'no-console': 'error',
      // The first thing to type in a dialog should have the focus.
      'jsx-a11y/no-autofocus': 'off',
    },
  },
  border(['src/shared/**', 'src/api/**'], FEATURES),
  ...FEATURES.map((name) =>
    border(
      [`src/features/${name}/**`],
      FEATURES.filter((other) => other !== name && !USES[name].includes(other)),
    ),
  ),
  {
    files: ['e2e/**/*.ts', '*.{ts,js}', 'scripts/*.{js,mjs}'],
    languageOptions: { globals: globals.node },
    rules: {
      // Playwright's fixtures take `use`, which is no hook.
      'react-hooks/rules-of-hooks': 'off',
      'no-empty-pattern': 'off',
    },
  },
)
