/** What is wrong with one value of a request. */
export interface FieldError {
  field: string
  message: string
  code: string
  /** What the message names, such as a limit. */
  values?: Readonly<Record<string, string>>
}

/**
 * The one error that every call throws. `code` is the stable code of the problem answer, or one of ours:
 * `network` (no answer), `http` (an answer that is no problem answer), `cancelled` (the call was given up).
 */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: readonly FieldError[]
  /** The other members of the problem answer, such as `run_id`. */
  readonly extra: Readonly<Record<string, unknown>>

  constructor(
    status: number,
    code: string,
    detail: string,
    errors: readonly FieldError[] = [],
    extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.detail = detail
    this.errors = errors
    this.extra = extra
  }

  /** Seconds to wait before the next try, when the server says so. */
  get retryAfter(): number | null {
    const seconds = this.extra['retry_after']
    return typeof seconds === 'number' ? seconds : null
  }
}

export function isApiError(error: unknown): error is ApiError {
  return error instanceof ApiError
}

/** The error that a refusing answer stands for. */
export async function errorOf(response: Response): Promise<ApiError> {
  const type = response.headers.get('content-type') ?? ''
  if (!type.includes('json')) return new ApiError(response.status, 'http', response.statusText)
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>
  const { code, detail, errors, ...extra } = body
  return new ApiError(
    response.status,
    typeof code === 'string' ? code : 'http',
    typeof detail === 'string' ? detail : response.statusText,
    Array.isArray(errors) ? (errors as FieldError[]) : [],
    extra,
  )
}
