import createClient from 'openapi-fetch'

import { BACKGROUND, isAttended } from './activity.ts'
import { ApiError, errorOf } from './errors.ts'
import type { components, paths } from './schema.d.ts'
import { ADDRESS, pathOf } from './root.ts'
import { sessionRenewed } from './session.ts'

export { ApiError, isApiError, type FieldError } from './errors.ts'

export type Schemas = components['schemas']

const WITHOUT_SESSION = ['/api/v1/auth/session', '/api/v1/auth/me']

async function send(request: Request): Promise<Response> {
  if (!isAttended()) request.headers.set(BACKGROUND, '1')
  try {
    return await fetch(request)
  } catch (error) {
    if (request.signal.aborted) throw new ApiError(0, 'cancelled', 'cancelled')
    throw new ApiError(0, 'network', error instanceof Error ? error.message : String(error))
  }
}

/** Sends a call; when the session has ended, waits for a new login and sends it once more. Throws ApiError. */
export async function fetchOrThrow(request: Request): Promise<Response> {
  const again = request.clone()
  let response = await send(request)
  const path = pathOf(request.url)
  if (response.status === 401 && !WITHOUT_SESSION.includes(path) && (await sessionRenewed())) {
    response = await send(again)
  }
  if (!response.ok) throw await errorOf(response)
  return response
}

/** The typed client. Every refusal and every missing answer is an ApiError. */
export const api = createClient<paths>({ baseUrl: ADDRESS, fetch: fetchOrThrow })

type Without<T, Picked> = T extends Picked ? (Picked extends T ? never : T) : T

/** Answers without those to `fields`, for the page always asks for whole offers. */
type Whole<T> = Without<
  Without<Without<T, Schemas['PickedProductPage']>, Schemas['PickedProductAnswer']>,
  Schemas['PickedProductChanges']
>

/** The data of an answer, which is there because refusals throw. */
export async function dataOf<T>(answer: Promise<{ data?: T }>): Promise<Whole<T>> {
  const { data } = await answer
  if (data === undefined) throw new ApiError(200, 'empty', 'The answer has no content.')
  return data as Whole<T>
}
