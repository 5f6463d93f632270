import nx from '@nx/eslint-plugin'
import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const nodeGlobals = Object.fromEntries(
  ['process', 'console', 'Buffer', 'URL', 'fetch', 'AbortSignal', 'performance']
    .concat(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'])
    .map((name) => [name, 'readonly']),
)

// Each heavy library has one owner; everybody else uses the owner.
const owners = {
  ioredis: 'libs/redis-streams',
  typeorm: 'libs/mysql',
  mysql2: 'libs/mysql',
  openai: 'libs/models',
  ws: 'libs/sandbox',
}
const banned = (names) => ({
  'no-restricted-imports': [
    'error',
    {
      patterns: names.map((name) => ({
        group: [name, `${name}/*`],
        message: `only ${owners[name]} imports ${name}`,
      })),
    },
  ],
})
const ownerRules = [...new Set(Object.values(owners))].map((folder) => ({
  files: [`${folder}/**/*.ts`],
  rules: banned(Object.keys(owners).filter((name) => owners[name] !== folder)),
}))

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '.guildhall/**', 'skills/**/scripts/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.spec.json' } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          depConstraints: [
            { sourceTag: 'type:contracts', onlyDependOnLibsWithTags: ['type:contracts'] },
            { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:contracts', 'type:lib'] },
            { sourceTag: 'type:migrations', onlyDependOnLibsWithTags: ['type:lib'] },
            {
              sourceTag: 'type:defaults',
              onlyDependOnLibsWithTags: ['type:contracts', 'type:lib'],
            },
            {
              sourceTag: 'type:service',
              onlyDependOnLibsWithTags: ['type:contracts', 'type:lib', 'type:defaults'],
            },
            { sourceTag: 'type:client', onlyDependOnLibsWithTags: ['type:contracts', 'type:lib'] },
            {
              sourceTag: 'type:tool',
              onlyDependOnLibsWithTags: [
                'type:contracts',
                'type:lib',
                'type:client',
                'type:tool',
                'type:migrations',
              ],
            },
            { sourceTag: 'type:testing', onlyDependOnLibsWithTags: ['*'] },
            { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['*'] },
          ],
        },
      ],
    },
  },
  {
    files: ['{libs,services,migrations}/**/*.ts'],
    // A test may look at the servers with a client of its own.
    ignores: ['libs/testing/**', '**/*.spec.ts', '**/*.fixture.ts'],
    rules: banned(Object.keys(owners)),
  },
  ...ownerRules,
  {
    // Tests read JSON and look at it; what they assert is the check.
    files: ['**/*.spec.ts', '**/*.bench.ts', '**/*.fixture.ts', 'e2e/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // A test may use any project, but not reach into its files.
      '@nx/enforce-module-boundaries': [
        'error',
        { depConstraints: [{ sourceTag: '*', onlyDependOnLibsWithTags: ['*'] }] },
      ],
    },
  },
  { files: ['**/*.mjs'], languageOptions: { globals: nodeGlobals } },
)
