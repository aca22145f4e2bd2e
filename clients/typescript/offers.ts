// Prints the reference and title of each offer that the key may read: node offers.js https://portal.example
// The types come from the portal's OpenAPI document: npm run types
import type { components, paths } from "./portal.js";

type ListOffers = paths["/api/v1/offers/"]["get"];
type Query = NonNullable<ListOffers["parameters"]["query"]>;
type Page = ListOffers["responses"]["200"]["content"]["application/json"];
type Problem = components["schemas"]["Problem"];

declare const process: { argv: string[]; env: Record<string, string | undefined>; exitCode?: number };

async function read(url: string): Promise<Page> {
  const key = process.env["PORTAL_KEY"];
  const answer = await fetch(url, {
    headers: key === undefined ? {} : { Authorization: `Bearer ${key}` },
    redirect: "error",
  });
  if (!answer.ok) {
    const problem: Problem = await answer.json();
    throw new Error(`${problem.status} ${problem.detail}`);
  }
  return answer.json();
}

async function main(portal: string): Promise<void> {
  const query: Query = { status__in: ["planned", "ongoing"], limit: 2 };
  const words = Object.entries(query).map(([name, value]) => [name, String(value)]);
  let following: string | null = `${portal}/api/v1/offers/?${new URLSearchParams(words)}`;
  while (following !== null) {
    const page: Page = await read(following);
    for (const offer of page.data) {
      const areas: string[] = (offer.areas ?? []).map((area) => (typeof area === "string" ? area : area.ref ?? ""));
      console.log([offer.ref, offer.title, areas.join(" ")].join("\t"));
    }
    following = page.next;
  }
}

main(process.argv[2] ?? "").catch((problem: unknown) => {
  console.error(String(problem));
  process.exitCode = 1;
});
