export interface LockFile {
  packages: Record<string, { version: string; license?: string }>
}
export function licencesOf(lock: LockFile): { name: string; version: string; licence: string }[]
