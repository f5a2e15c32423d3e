import { ADMIN, type Stack } from './processes.ts'

const COPY_SECONDS = 600

/** Calls the API as the admin, as a program does. */
export class Caller {
  private constructor(
    private readonly address: string,
    private readonly token: string,
  ) {}

  static async logIn(stack: Stack, who = ADMIN): Promise<Caller> {
    const answer = await fetch(`${stack.address}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(who),
    })
    const { access_token } = (await answer.json()) as { access_token: string }
    return new Caller(stack.address, access_token)
  }

  async send(method: string, path: string, body?: unknown): Promise<Response> {
    const answer = await fetch(`${this.address}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer
  }

  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await (await this.send(method, path, body)).json()) as T
  }

  /** Runs a sync to its end. */
  async sync(asked: Record<string, unknown> = {}): Promise<{ status: string; sync_id: string }> {
    return this.json('POST', '/api/v1/emag/products/sync', {
      account: 'all',
      mode: 'full',
      timeout_seconds: COPY_SECONDS,
      ...asked,
    })
  }
}
