"use strict";
// openapi.json, drawn for people.

const code = (...parts) => el("code", {}, ...parts);
const last = (reference) => reference.split("/").pop();

/** Text in which `words` are code. */
const prose = (text) => (text || "").split("`").map((part, place) => (place % 2 ? code(part) : part));

/** The type of a schema in a few words, with links to those that have a name. */
function typeOf(schema) {
  if (schema.$ref) return [el("a", { href: `#${last(schema.$ref)}` }, last(schema.$ref))];
  const choices = schema.anyOf || schema.oneOf;
  if (choices) return choices.flatMap((each, place) => [place ? " | " : null, ...typeOf(each)]);
  if (schema.type === "array") return ["[", ...typeOf(schema.items || {}), ", …]"];
  const { minimum, maximum } = schema;
  return [schema.type || "any", maximum === undefined ? null : ` ${minimum ?? ""}…${maximum}`];
}

const noteOf = (schema) => [schema.description, ...(schema.anyOf || []).map((each) => each.description)].find(Boolean);

const suchAs = (example) => el("small", {}, "such as ", code(JSON.stringify(example)));

function drawSchema([name, schema]) {
  const required = schema.required || [];
  const rows = Object.entries(schema.properties || {}).map(([field, of]) => el("tr", {},
    el("th", { scope: "row" }, code(field)),
    el("td", {}, code(typeOf(of)), required.includes(field) ? null : el("small", {}, " optional")),
    el("td", {}, noteOf(of) ? prose(noteOf(of)) : of.examples ? suchAs(of.examples[0]) : null)));
  return el("section", { id: name }, el("h3", {}, name), el("p", {}, prose(schema.description)),
    el("div", { class: "scroll" }, el("table", {}, rows)));
}

/** An object made of the examples of a schema's required fields. */
function example(schema, schemas) {
  if (schema.$ref) return example(schemas[last(schema.$ref)], schemas);
  const choices = schema.oneOf || schema.anyOf;
  if (choices) return example(choices[0], schemas);
  return Object.fromEntries((schema.required || []).map((field) => [field, schema.properties[field].examples?.[0]]));
}

function drawPath(path, method, operation, schemas) {
  const address = new URL(`.${path}`, document.baseURI).href;
  const body = operation.requestBody?.content["application/json"].schema;
  const curl = body ? `curl ${address} --json '${JSON.stringify(example(body, schemas))}'` : `curl ${address}`;
  const rows = Object.entries(operation.responses).map(([status, response]) => {
    const schema = response.content?.["application/json"]?.schema;
    return el("tr", {}, el("th", { scope: "row" }, status), el("td", {}, schema ? code(typeOf(schema)) : "text"),
      el("td", {}, status === "200" ? null : prose(response.description)));
  });
  return el("section", {}, el("h2", {}, el("span", { class: "method" }, method.toUpperCase()), " ", code(path)),
    el("p", {}, prose(operation.description)), el("pre", { lang: "zh" }, curl),
    body ? el("p", {}, "takes ", code(typeOf(body))) : null,
    el("div", { class: "scroll" }, el("table", {}, rows)));
}

async function draw() {
  const { info, paths, components } = await (await fetch("openapi.json")).json();
  byId("about").textContent = `${info.title} ${info.version} · ${info.description}`;
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      byId("docs").append(drawPath(path, method, operation, components.schemas));
    }
  }
  byId("docs").append(el("h2", {}, "What goes in and out"), ...Object.entries(components.schemas).map(drawSchema));
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

themes();
draw();
