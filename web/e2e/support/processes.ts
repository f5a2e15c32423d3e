import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const PROGRAM = process.env.EMAGSYNC ?? join(ROOT, '.venv/bin/emagsync')
const PYTHON = process.env.PYTHON ?? join(ROOT, '.venv/bin/python')
const START_MS = 60_000
const STOP_MS = 15_000

export const ADMIN = { username: 'admin', password: 'parola-de-proba-1' }

/** An account of the sandbox: so many offers, and whether emagsync knows the right password. */
export interface AccountSetup {
  name: string
  offers: number
  wrongPassword?: boolean
}

/** One running program of ours. */
export class Running {
  private output = ''

  private constructor(
    private readonly child: ChildProcess,
    readonly address: string,
  ) {
    const keep = (chunk: Buffer) => {
      this.output += chunk.toString()
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
  }

  static async start(
    args: string[],
    env: Record<string, string>,
    address: string,
    probe: string,
  ): Promise<Running> {
    const child = spawn(PROGRAM, args, {
      env: { ...cleanEnvironment(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const running = new Running(child, address)
    const deadline = Date.now() + START_MS
    while (!(await answers(`${address}${probe}`))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`${args.join(' ')} did not start:\n${running.output}`)
      }
      await sleep(50)
    }
    return running
  }

  /** What it said that matches, as soon as it has said that. */
  async said(pattern: RegExp): Promise<string> {
    const deadline = Date.now() + START_MS
    for (;;) {
      const found = pattern.exec(this.output)
      if (found !== null) return found[0]
      if (Date.now() > deadline) throw new Error(`it did not say ${pattern}:\n${this.output}`)
      await sleep(50)
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill('SIGTERM')
    const late = sleep(STOP_MS, 'late', { ref: false })
    if ((await Promise.race([ended, late])) === 'late') {
      this.child.kill('SIGKILL')
      await ended
    }
  }
}

async function answers(address: string): Promise<boolean> {
  try {
    await fetch(address)
    return true
  } catch {
    return false
  }
}

/** Nothing of the real accounts and the real database of whoever runs the tests. */
function cleanEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !/^EMAG(SYNC)?_/i.test(name))
  return Object.fromEntries(entries) as Record<string, string>
}

// Below 32768, where Linux begins to give ports to outgoing connections: nobody takes it before the program starts.
const PORTS = { from: 10_240, to: 32_768 }

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

export interface Stack {
  address: string
  sandbox: Sandbox
  /** Where a server that was started from nothing has its first admin made. */
  setupAddress: () => Promise<string>
  /** Makes the runs under way look as if they had begun so long ago: nobody waits that long in a test. */
  ageRuns: (minutes: number) => void
  stop: () => Promise<void>
}

/** The simulated marketplace and its control. */
export class Sandbox {
  constructor(private readonly address: string) {}

  get apiUrl(): string {
    return `${this.address}/api-3`
  }

  /** Calls the control API. */
  async control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.address}/_control${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    if (!response.ok)
      throw new Error(`control ${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
}

const password = (name: string) => `${name}-parola`

const AGE_RUNS = `
import datetime, sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=30) as connection:
    began = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(minutes=float(sys.argv[2]))
    connection.execute(
        "UPDATE sync_runs SET started_at = ?, attempt_started_at = ? WHERE status = 'running'", [str(began)] * 2
    )
`

function ageRuns(database: string, minutes: number): void {
  execFileSync(PYTHON, ['-c', AGE_RUNS, database, `${minutes}`])
}

/** A real server before a real sandbox, with an empty data directory; `fromNothing`: it knows no account and no admin. */
export async function startStack(
  accounts: readonly AccountSetup[],
  options: {
    latencyMs?: number
    limited?: boolean
    fromNothing?: boolean
    env?: Record<string, string>
  } = {},
): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'emagsync-e2e-'))
  const sandboxPort = await freePort()
  const sandboxAddress = `http://127.0.0.1:${sandboxPort}`
  const specs = accounts.flatMap(({ name, offers }) => ['--account', `${name}:${password(name)}:${offers}`])
  const flags = ['--port', `${sandboxPort}`, '--latency-ms', `${options.latencyMs ?? 30}`]
  if (options.limited === false) flags.push('--no-limit')
  const marketplace = await Running.start(
    ['sandbox', ...flags, ...specs],
    {},
    sandboxAddress,
    '/_control/state',
  )
  const sandbox = new Sandbox(sandboxAddress)

  const env: Record<string, string> = {
    EMAGSYNC_DATA_DIR: folder,
    EMAGSYNC_PORT: `${await freePort()}`,
    ...(options.fromNothing
      ? { EMAGSYNC_ACCOUNTS__OTHER_ADDRESSES: 'true' }
      : { EMAGSYNC_ADMIN_PASSWORD: ADMIN.password }),
    EMAGSYNC_SCHEDULE__ENABLED: 'false',
    EMAGSYNC_RETRY__BASE_SECONDS: '0.2',
    EMAGSYNC_RETRY__MAX_SECONDS: '1',
    ...(options.limited === false ? { EMAGSYNC_LIMIT__ENABLED: 'false' } : {}),
    ...options.env,
  }
  for (const { name, wrongPassword } of options.fromNothing ? [] : accounts) {
    const prefix = `EMAG_${name.toUpperCase()}`
    env[`${prefix}_USERNAME`] = name
    env[`${prefix}_PASSWORD`] = wrongPassword ? 'gresita' : password(name)
    env[`${prefix}_BASE_URL`] = sandbox.apiUrl
  }
  const address = `http://127.0.0.1:${env['EMAGSYNC_PORT']}`
  const server = await Running.start(['serve'], env, address, '/health/live')
  return {
    address,
    sandbox,
    setupAddress: () => server.said(/http:\/\/\S+\/setup#\S+/),
    ageRuns: (minutes) => ageRuns(join(folder, 'emagsync.sqlite3'), minutes),
    stop: async () => {
      await server.stop()
      await marketplace.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
