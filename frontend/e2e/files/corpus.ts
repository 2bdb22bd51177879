import { docx } from "./docx";
import { pdf } from "./pdf";

export interface Upload {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** Makes the bytes of each run its own, so that a vault that ran before holds no duplicates. */
export const STAMP = `Reference ${Date.now().toString(36)}`;

const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const plain = (name: string, mimeType: string, text: string): Upload => ({
  name,
  mimeType,
  buffer: Buffer.from(text),
});
const txt = (name: string, ...lines: string[]) =>
  plain(`${name}.txt`, "text/plain", [...lines, STAMP].join("\n"));
const md = (name: string, title: string, ...lines: string[]) =>
  plain(`${name}.md`, "text/markdown", [`# ${title}`, "", ...lines, "", STAMP].join("\n"));
const html = (name: string, title: string, ...lines: string[]) =>
  plain(
    `${name}.html`,
    "text/html",
    `<!doctype html><html><head><title>${title}</title></head><body><h1>${title}</h1>${lines
      .map((line) => `<p>${line}</p>`)
      .join("")}<p>${STAMP}</p></body></html>`,
  );
const csv = (name: string, ...rows: string[]) =>
  plain(`${name}.csv`, "text/csv", [...rows, `note,${STAMP}`].join("\n"));
const eml = (name: string, subject: string, ...lines: string[]) =>
  plain(
    `${name}.eml`,
    "message/rfc822",
    [
      "From: Ada Berg <ada@example.org>",
      "To: Tom Reed <tom@example.org>",
      `Subject: ${subject}`,
      "Date: Fri, 06 Nov 2026 09:30:00 +0000",
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "",
      ...lines,
      STAMP,
    ].join("\r\n"),
  );
const word = (name: string, ...paragraphs: string[]): Upload => ({
  name: `${name}.docx`,
  mimeType: DOCX,
  buffer: docx([...paragraphs, STAMP]),
});
const paper = (name: string, ...pages: string[][]): Upload => ({
  name: `${name}.pdf`,
  mimeType: "application/pdf",
  buffer: pdf(pages.map((lines) => [...lines, STAMP])),
});

/** A passage of the third page of the lease, and a question after it that shares no word with it. */
export const LEASE = "Lease Elm Street 12";
export const LEASE_PAGE = 3;
export const PHRASE = "dogs and cats may be kept only with prior written consent";
export const PARAPHRASE = "pet animals permitted inside apartment";

export const CORPUS: readonly Upload[] = [
  paper(
    LEASE,
    [
      "Lease agreement",
      "The landlord lets the flat on the second floor to the tenant.",
      "The lease begins on 1 March and runs without an end date.",
    ],
    [
      "Payment",
      "The monthly sum of 940 EUR is due on the third working day.",
      "A deposit of three monthly sums is paid before the keys are handed over.",
    ],
    [
      "Living together",
      "Dogs and cats may be kept only with prior written consent",
      "of the landlord, who must not refuse it without good reason.",
    ],
    ["Ending the lease", "Either side may end this agreement with three months notice."],
  ),
  paper("Electricity invoice November", [
    "Invoice 2026-1184",
    "Electricity supplied from 1 to 31 October: 412 kWh.",
    "Please pay the amount of 128.40 EUR by 30 November.",
  ]),
  paper("Water invoice autumn", [
    "Invoice 77-301",
    "Fresh water and sewage, third quarter.",
    "Amount to pay: 61.15 EUR, due on 15 November.",
  ]),
  paper("Blood test results", [
    "Laboratory report",
    "Haemoglobin 14.1 g/dl, ferritin 88 ng/ml, vitamin D 31 ng/ml.",
    "All values lie within the reference range.",
  ]),
  word(
    "Employment contract",
    "Contract of employment between Northwind Ltd and Tom Reed.",
    "The employee works 38 hours per week as a software engineer.",
    "Annual leave amounts to thirty days.",
  ),
  word(
    "Letter to the tax office",
    "Notice of assessment 2025",
    "I object to the notice because travel to work was not taken into account.",
  ),
  word(
    "Cover letter",
    "Application as a carpenter",
    "For eleven years I have been building staircases and oak doors.",
  ),
  txt("Packing list", "Tent, sleeping bag, torch, water bottle, rain jacket."),
  txt("Wifi at the cabin", "The router stands behind the bookshelf.", "Ask Ada for the password."),
  txt(
    "Garden diary",
    "Sowed carrots and beetroot in the raised bed.",
    "The apple tree needs pruning in February.",
  ),
  txt(
    "Book club",
    "Next meeting at seven in the library.",
    "We read a novel about lighthouse keepers.",
  ),
  md(
    "Sourdough",
    "Sourdough bread",
    "Mix flour, water and starter, then let the dough rise overnight.",
    "Bake at 240 degrees with plenty of steam.",
  ),
  md(
    "Bicycle repair",
    "Bicycle repair",
    "Replace the chain every 3000 kilometres.",
    "The rear brake squeaks when it is wet.",
  ),
  md(
    "Meeting minutes",
    "Minutes of the residents meeting",
    "The roof will be insulated next spring.",
    "Costs are shared by all owners.",
  ),
  html(
    "Train tickets Lisbon",
    "Booking confirmation",
    "Train from Porto to Lisbon on 12 December at 08:15, coach 4, seat 61.",
    "Show this confirmation to the conductor.",
  ),
  html(
    "Museum newsletter",
    "Museum newsletter",
    "The exhibition on Roman glass opens on Friday.",
    "Admission is free for members.",
  ),
  html(
    "Washing machine manual",
    "Manual of the washing machine",
    "Clean the lint filter once a month.",
    "Error E18 means that the pump is blocked.",
  ),
  csv(
    "Expenses October",
    "date,shop,amount",
    "2026-10-02,Bakery,4.20",
    "2026-10-05,Hardware store,84.20",
    "2026-10-19,Pharmacy,12.95",
  ),
  csv("Phone numbers", "name,number", "Plumber,555-0134", "Electrician,555-0178"),
  eml(
    "Dentist appointment",
    "Your appointment at the dentist",
    "Dear Tom, your check-up is on Monday at ten.",
    "Please bring your insurance card.",
  ),
  eml(
    "Flight to Oslo",
    "Your flight to Oslo",
    "Flight NW 203 departs at 06:40 from gate 17.",
    "Online check-in opens a day before.",
  ),
  eml(
    "Invoice from the plumber",
    "Invoice for the new boiler",
    "Please find the invoice for the boiler: 2,310 EUR, payable within 14 days.",
  ),
];

/** Starts like a PDF, but there is nothing that could be read. */
export const DAMAGED: Upload = {
  name: "Damaged scan.pdf",
  mimeType: "application/pdf",
  buffer: Buffer.from(`%PDF-1.7\n${STAMP}\n${"\x00\xff broken ".repeat(40)}`, "latin1"),
};

/** A file that would run, show and call what it must not. */
export const HOSTILE: Upload = plain(
  'x" onerror=alert(1) \u202Etxt.html',
  "text/html",
  `<!doctype html><title><img src=x onerror=alert(2)></title><script>alert(3)</script>
<img src="http://tracker.example/pixel.png"><link rel="stylesheet" href="//tracker.example/a.css">
<iframe src="http://tracker.example/"></iframe><p>&lt;script&gt;alert(4)&lt;/script&gt; hostile
zeppelin javascript:alert(5)</p><p>${STAMP}</p>`,
);
