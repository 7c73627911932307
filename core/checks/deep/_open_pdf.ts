// Opens a PDF with PDFium (@embedpdf/pdfium, MIT; PDFium itself Apache-2.0) as a reader would: the document, its
// first and its last page. It is read piece by piece: memory does not grow with the file.

import pdfiumWasm from "@embedpdf/pdfium/pdfium.wasm" with { type: "bytes" };
import { init, type WrappedPdfiumModule } from "@embedpdf/pdfium";
import type { RemoteFile } from "./_remote_file.ts";

/** `FPDF_GetLastError`, from fpdfview.h. */
const PASSWORD = 4;
const REASONS: Readonly<Record<number, string>> = {
  2: "it changed while it was read",
  3: "it is no PDF, or damaged",
  5: "its encryption is not supported",
  6: "its pages can't be found",
};

/** Bytes of FPDF_FILEACCESS in 32 bits: length, callback, parameter. */
const FILE_ACCESS = 12;

/** Bytes of WASM memory after which the module is made anew: it never shrinks. */
const MOST_MEMORY = 96 << 20;

interface Reader {
  readonly pdfium: WrappedPdfiumModule;
  /** The callback by which PDFium reads. */
  readonly getBlock: number;
}

let current: RemoteFile | undefined;
let reader: Promise<Reader> | undefined;

/** The module's memory as it is now: it moves as it grows. Its types leave it out. */
function memoryOf({ pdfium }: WrappedPdfiumModule): Uint8Array {
  return (pdfium as unknown as { readonly HEAPU8: Uint8Array }).HEAPU8;
}

async function makeReader(): Promise<Reader> {
  const pdfium = await init({ wasmBinary: pdfiumWasm.buffer });
  pdfium.PDFiumExt_Init();
  const runtime = pdfium.pdfium;
  const getBlock = runtime.addFunction(
    (_: number, position: number, buffer: number, size: number) => {
      const target = memoryOf(pdfium).subarray(buffer >>> 0, (buffer >>> 0) + (size >>> 0));
      return current?.readInto(target, position >>> 0) ? 1 : 0;
    },
    "iiiii",
  );
  return { pdfium, getBlock };
}

/** Gives an open file to PDFium; `failed` where PDFium itself fails on it. */
async function withReader<Result>(
  file: RemoteFile,
  act: (pdfium: WrappedPdfiumModule, access: number) => Result,
  failed: Result,
): Promise<Result> {
  current = file;
  try {
    const { pdfium, getBlock } = await (reader ??= makeReader());
    const { wasmExports } = pdfium.pdfium;
    const access = wasmExports.malloc(FILE_ACCESS);
    try {
      new DataView(memoryOf(pdfium).buffer).setUint32(access, file.size, true);
      pdfium.pdfium.setValue(access + 4, getBlock, "i32");
      pdfium.pdfium.setValue(access + 8, 0, "i32");
      return act(pdfium, access);
    } finally {
      wasmExports.free(access);
      if (memoryOf(pdfium).length > MOST_MEMORY) reader = undefined;
    }
  } catch {
    // A module that failed inside may be in any state.
    reader = undefined;
    return failed;
  } finally {
    current = undefined;
  }
}

/** FPDF_FILEACCESS knows 32 bits. */
const isTooLarge = ({ size }: RemoteFile) => size >= 2 ** 32;

/** @returns why it can't be opened, or undefined; one that wants a password is fine */
export async function openPdf(file: RemoteFile): Promise<string | undefined> {
  if (isTooLarge(file)) return undefined;
  return await withReader(file, look, "it makes the PDF reader fail");
}

/** @returns undefined where it can't be opened: damaged, or it wants a password */
export async function countPages(file: RemoteFile): Promise<number | undefined> {
  if (isTooLarge(file)) return undefined;
  return await withReader<number | undefined>(file, (pdfium, access) => {
    const document = pdfium.FPDF_LoadCustomDocument(access, "");
    if (!document) return undefined;
    const pages = pdfium.FPDF_GetPageCount(document);
    pdfium.FPDF_CloseDocument(document);
    return pages > 0 ? pages : undefined;
  }, undefined);
}

function look(pdfium: WrappedPdfiumModule, access: number): string | undefined {
  const document = pdfium.FPDF_LoadCustomDocument(access, "");
  if (!document) {
    const code = pdfium.FPDF_GetLastError();
    return code === PASSWORD ? undefined : REASONS[code] ?? `PDFium says ${code}`;
  }
  try {
    const pages = pdfium.FPDF_GetPageCount(document);
    if (pages <= 0) return "it has no pages";
    for (const number of new Set([0, pages - 1])) {
      const page = pdfium.FPDF_LoadPage(document, number);
      if (!page) return `its page ${number + 1} is damaged`;
      pdfium.FPDF_ClosePage(page);
    }
    return undefined;
  } finally {
    pdfium.FPDF_CloseDocument(document);
  }
}
