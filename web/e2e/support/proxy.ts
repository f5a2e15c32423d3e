import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { freePort } from './processes.ts'

// Debian keeps it where only root's PATH leads.
const NGINX = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx'
const WAIT_MS = 20_000

export interface Proxy {
  /** Without a slash at its end. */
  origin: string
  stop: () => void
}

/** nginx before the server at `address`, as docs/api.md says: below `/emag`, which it takes off, and below `/kept`. */
export async function startNginx(address: string): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), 'emagsync-nginx-'))
  const port = await freePort()
  const below = (path: string, target: string) => `
    location ${path}/ {
      proxy_pass ${target};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Prefix ${path};
      proxy_http_version 1.1;
      proxy_buffering off;
      client_max_body_size 0;
    }`
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
  access_log off;
  ${paths.map((path) => `${path}_temp_path ${folder}/${path};`).join(' ')}
  server { listen 127.0.0.1:${port};${below('/emag', `${address}/`)}${below('/kept', address)} }
}`,
  )
  const child = spawn(NGINX, ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')])
  let failure = ''
  child.on('error', (error) => (failure = error.message))
  child.stderr.on('data', (chunk: Buffer) => (failure += chunk.toString()))
  const origin = `http://127.0.0.1:${port}`
  const deadline = Date.now() + WAIT_MS
  while (!(await fetch(`${origin}/emag/health/live`).catch(() => null))?.ok) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`nginx did not start: ${failure}`)
    await sleep(50)
  }
  return {
    origin,
    stop: () => {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
