import nx from '@nx/eslint-plugin'
import js from '@eslint/js'
import tseslint from 'typescript-eslint'

// Each heavy library has one owner; everybody else uses the owner.
const owners = {
  ioredis: 'libs/redis-streams',
  typeorm: 'libs/mysql',
  mysql2: 'libs/mysql',
  openai: 'libs/models',
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
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['vitest.config.ts'] } } },
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
              onlyDependOnLibsWithTags: ['type:contracts', 'type:lib', 'type:defaults', 'type:testing'],
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
  { files: ['{libs,services,migrations,e2e}/**/*.ts'], rules: banned(Object.keys(owners)) },
  ...ownerRules,
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
)
