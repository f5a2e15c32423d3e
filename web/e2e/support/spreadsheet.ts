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

const EDIT = `
import json, sys, openpyxl
path, cells = sys.argv[1], json.loads(sys.argv[2])
book = openpyxl.load_workbook(path)
head = [cell.value for cell in book.active[1]]
for heading, row, value in cells:
    book.active.cell(row, head.index(heading) + 1).value = value
book.save(path)
`

/** Writes cells of an Excel file, each by the heading of its column and its row. */
export function editSpreadsheet(path: string, cells: readonly [string, number, string | number][]): void {
  execFileSync(PYTHON, ['-c', EDIT, path, JSON.stringify(cells)])
}

/** Opens an Excel file with a library that is not ours: its head, and how many rows follow. */
export function openSpreadsheet(path: string): { head: string[]; rows: number } {
  return JSON.parse(execFileSync(PYTHON, ['-c', READ, path], { encoding: 'utf8' })) as {
    head: string[]
    rows: number
  }
}
