import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../../..')
const PYTHON = process.env.PYTHON ?? join(ROOT, '.venv/bin/python')
const READ = `
import json, sys, openpyxl
sheet = openpyxl.load_workbook(sys.argv[1], read_only=True).active
rows = sheet.iter_rows(values_only=True)
print(json.dumps({"head": list(next(rows)), "rows": sum(1 for _ in rows)}))
`

/** Opens an Excel file with a library that is not ours: its head, and how many rows follow. */
export function openSpreadsheet(path: string): { head: string[]; rows: number } {
  return JSON.parse(execFileSync(PYTHON, ['-c', READ, path], { encoding: 'utf8' })) as {
    head: string[]
    rows: number
  }
}
