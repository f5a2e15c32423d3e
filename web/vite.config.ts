import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

import { compress } from './scripts/compress.mjs'

const api = process.env.EMAGSYNC_API ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [react(), compress()],
  // The server puts the path in front below which it is found.
  base: './',
  build: {
    outDir: '../src/emagsync/entrypoints/api/static',
    emptyOutDir: true,
    // Everything stays a file of its own: the content policy allows no inline scripts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    manifest: true,
  },
  server: { proxy: { '/api': api, '/health': api } },
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}'],
    // A process and a module registry for each file took two thirds of the time.
    pool: 'threads',
    isolate: false,
    setupFiles: ['./vitest.setup.ts'],
    restoreMocks: true,
  },
})
