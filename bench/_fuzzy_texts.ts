// Texts like those of a paperless library, for the benchmark of fuzzy matching: letters, letters as a bad
// scanner reads them, and invoices of one template. The same seed gives the same texts on every machine.

import { type Random, random } from "../tests/_random.ts";

/** What the texts are. */
export type TextKind = "letters" | "ocr" | "mixed" | "invoices";

/** Options of {@linkcode makeTexts}. */
export interface TextOptions {
  readonly kind: TextKind;
  readonly count: number;
  /** @default {1} */
  readonly seed?: number;
  /** Share of the texts that are near-duplicates of another one. @default {0.02} */
  readonly duplicates?: number;
}

const LENGTH = { least: 2000, most: 3500 } as const;

// The commonest words first: they are picked by Zipf's law, as in real text.
const ENGLISH = (
  "the of to and a in for is on that by this with i you it not or be are from at as your all have an was we " +
  "will can us about if my has but our one other do no time they he up may what which their out use any there " +
  "see only so his when contact here business who also now help get view first been would how were services " +
  "some these its like service than price date back top had list name just over state year day into email two " +
  "next used work last most buy data make them should product post her city policy number such please available " +
  "support message after best then good well where info rights public books high through each order she review " +
  "years company under general research university items report off member call before send payment invoice due " +
  "amount total account bank contract agreement notice period insurance claim customer reference regarding letter " +
  "dear sincerely enclosed receipt delivery warranty annual statement balance interest rate monthly electricity " +
  "water heating consumption meter reading tariff supplier cancel confirm registration certificate authority tax " +
  "office income assessment appeal deadline thirty within working days further questions hesitate team department " +
  "kind regards manager director address street building apartment landlord tenant rent deposit repair maintenance " +
  "appointment doctor hospital treatment prescription pharmacy vehicle licence parking fine speed camera court " +
  "lawyer pension employer salary holiday leave training school teacher parents meeting minutes agenda vote budget " +
  "association membership fee newsletter subscription renewal software version update network password security " +
  "shipping tracking parcel warehouse quantity discount shipped returned refund complaint replacement quality " +
  "project proposal schedule milestone estimate approval signature witness property valuation mortgage broker " +
  "travel booking hotel flight passenger luggage itinerary journey station ticket railway garden kitchen bathroom " +
  "window roof painter plumber quote materials labour hourly extra expected zone exactly quite jacket major fix"
).split(" ");

const GERMAN = (
  "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat " +
  "dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis " +
  "mehr durch man sein wurde wenn können ihre ihr ihnen wir uns unser unsere bitte sehr geehrte damen herren " +
  "rechnung betrag summe konto bank vertrag kündigung frist versicherung schaden kunde nummer datum schreiben " +
  "freundlichen grüßen anlage quittung lieferung garantie jahr jährlich abrechnung zinsen monat monatlich strom " +
  "wasser heizung verbrauch zähler stand tarif anbieter bestätigung anmeldung bescheinigung behörde steuer " +
  "finanzamt einkommen bescheid einspruch tage innerhalb rückfragen verfügung abteilung leiter straße haus wohnung " +
  "vermieter mieter miete kaution reparatur wartung termin arzt krankenhaus behandlung rezept apotheke fahrzeug " +
  "führerschein parken bußgeld geschwindigkeit gericht anwalt rente arbeitgeber gehalt urlaub fortbildung schule " +
  "lehrer eltern sitzung protokoll tagesordnung abstimmung haushalt verein mitglied beitrag rundbrief abonnement " +
  "verlängerung software aktualisierung netz kennwort sicherheit versand sendung paket lager menge rabatt " +
  "zurück erstattung beschwerde ersatz qualität projekt angebot zeitplan schätzung genehmigung unterschrift zeuge " +
  "grundstück gutachten darlehen makler reise buchung hotel flug gepäck bahnhof fahrkarte garten küche bad fenster " +
  "dach maler installateur material arbeitszeit stunde zusätzlich überweisen fällig gemäß außerdem größe prüfung"
).split(" ");

const GREETINGS = ["Dear Sir or Madam,", "Dear Mr Miller,", "Sehr geehrte Damen und Herren,"];
const CLOSINGS = [
  "Kind regards",
  "Yours sincerely",
  "Mit freundlichen Grüßen",
  "Please contact us with any questions.",
];

/** What a scanner makes of a character or two. */
const MISREAD: Readonly<Record<string, string>> = {
  l: "1",
  i: "l",
  o: "0",
  e: "c",
  c: "e",
  m: "rn",
  n: "ri",
  u: "ii",
  h: "b",
  t: "f",
  s: "5",
  g: "q",
  a: "o",
  d: "cl",
  w: "vv",
  ü: "u",
  ä: "a",
  ö: "o",
  " ": "",
  r: "t",
  ",": ".",
};

/** Makes texts of 2,000–3,500 characters; near-duplicates are strewn among the others. */
export function makeTexts(options: TextOptions): string[] {
  const { kind, count, seed = 1, duplicates = 0.02 } = options;
  const dice = random(seed);
  const texts: string[] = [];
  for (let i = 0; i < count; i++) {
    const original = dice.next() < duplicates ? texts[dice.below(texts.length)] : undefined;
    texts.push(original === undefined ? makeText(dice, kind, i) : nearDuplicate(dice, original));
  }
  return texts;
}

function makeText(dice: Random, kind: TextKind, index: number): string {
  if (kind === "invoices") return invoice(dice, index);
  const text = letter(dice);
  const noisy = kind === "ocr" || (kind === "mixed" && index % 2 === 1);
  return noisy ? misread(dice, text, 0.02 + dice.next() * 0.08) : text;
}

function between(dice: Random, least: number, most: number): number {
  return least + dice.below(most - least + 1);
}

/** A word by Zipf's law. */
function word(dice: Random, words: readonly string[]): string {
  return words[Math.floor(words.length ** dice.next()) - 1] ?? words[0]!;
}

function sentence(dice: Random, words: readonly string[]): string {
  const list = Array.from({ length: between(dice, 5, 18) }, () => {
    const draw = dice.next();
    if (draw < 0.02) return String(dice.below(10_000));
    const picked = word(dice, words);
    return draw < 0.12 ? picked[0]!.toUpperCase() + picked.slice(1) : picked;
  });
  const text = list.join(" ").replace(" and", ", and");
  return text[0]!.toUpperCase() + text.slice(1) + dice.pick([".", ".", ".", "?", ":"]);
}

function heading(dice: Random, words: readonly string[]): string {
  const name = () => {
    const picked = dice.pick(words);
    return picked[0]!.toUpperCase() + picked.slice(1);
  };
  return `${name()} ${name()} GmbH\n${name()} ${name()}\n${name()}straße ${dice.below(200)}\n` +
    `${10_000 + dice.below(89_999)} ${name()}\n\n${1 + dice.below(28)}.${1 + dice.below(12)}.20${
      10 + dice.below(15)
    }\n`;
}

function letter(dice: Random): string {
  const words = dice.next() < 0.5 ? ENGLISH : GERMAN;
  const length = between(dice, LENGTH.least, LENGTH.most);
  let text = `${heading(dice, words)}\n${dice.pick(GREETINGS)}\n\n`;
  while (text.length < length - 40) {
    text += sentence(dice, words) + (dice.next() < 0.2 ? "\n\n" : " ");
  }
  return `${text}\n\n${dice.pick(CLOSINGS)}\n`.slice(0, length);
}

/** A letter as a bad scanner reads it. @param share of the characters that are misread */
function misread(dice: Random, text: string, share: number): string {
  let out = "";
  for (const character of text) {
    if (dice.next() >= share) out += character;
    else if (dice.next() < 0.6) out += MISREAD[character.toLowerCase()] ?? "";
    else if (dice.next() < 0.5) out += character + dice.pick([".", " ", "'", "i", "|", "-"]);
    if (character === "\n" && dice.next() < 0.1) {
      out += Array.from({ length: dice.below(12) }, () => dice.pick([..."_.:;|'~ilIJ1r,-"])).join(
        "",
      );
    }
  }
  return out.slice(0, LENGTH.most);
}

const ITEMS = [
  "Maintenance contract, basic service",
  "Replacement of the filter cartridge",
  "Travel expenses, flat rate",
  "Software licence, one workplace",
  "Support by telephone, per quarter hour",
  "Printer paper, 80 g, white",
  "Toner cartridge, black",
  "Data backup, per month",
];

/** One of the invoices that a company sends every month: only names, dates and numbers differ. */
function invoice(dice: Random, index: number): string {
  const money = () => `${dice.below(900)},${10 + dice.below(89)}`;
  const items = Array.from(
    { length: 16 },
    (_, row) =>
      `${row + 1}  ${ITEMS[(row * 5 + dice.below(2)) % ITEMS.length]}  ${
        1 + dice.below(20)
      } pcs  ` +
      `${money()} EUR  19 %  ${money()} EUR`,
  );
  return `Sonnenschein Office Supplies Ltd\nIndustrial Estate 14\nAnytown\n\n${
    heading(dice, ENGLISH)
  }\n` +
    `INVOICE\nInvoice number: RE-2024-${100_000 + index}\nCustomer number: ${
      10_000 + dice.below(900)
    }\n` +
    `Dear customer,\nthank you for your order. We invoice the following items and services, which were ` +
    `delivered or rendered in the month named above, according to our general terms and conditions:\n\n` +
    `No  Description  Quantity  Price  VAT  Total\n${items.join("\n")}\n\n` +
    `Net amount ${money()} EUR\nValue added tax 19 % ${money()} EUR\nTotal amount due ${money()} EUR\n\n` +
    `Please transfer the total amount within thirty days to our account at the National Savings Bank, ` +
    `IBAN GB33 BUKB 2020 1555 5555 55, stating the invoice number and your customer number. In case of ` +
    `late payment we charge interest and a reminder fee. The goods remain our property until they are ` +
    `paid in full. Complaints have to be made in writing within fourteen days of receipt. Managing ` +
    `director: Maria Sonnenschein. Registered office: Anytown. Commercial register: HRB 12345. VAT ` +
    `identification number: GB 123 4567 89. Thank you for your confidence in our company; we look forward ` +
    `to working with you again and remain at your disposal for any further questions you may have.\n`;
}

/** The same document, scanned once more, or with some words changed. */
function nearDuplicate(dice: Random, text: string): string {
  if (dice.next() < 0.1) return text;
  if (dice.next() < 0.7) return misread(dice, text, dice.next() * 0.08);
  return text.split(" ").map((part) => dice.next() < 0.06 ? dice.pick(ENGLISH) : part).join(" ")
    .slice(0, LENGTH.most);
}
