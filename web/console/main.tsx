/** The console: puts its parts on the page. */

import { render } from "preact";

import { App } from "./app.tsx";
import { Access } from "./live/access.ts";
import "./style/base.css";
import "./style/parts.css";
import "./style/pages.css";
import "uplot/dist/uPlot.min.css";

const access = new Access();
access.resume();
const place = document.getElementById("console");
if (place !== null) {
  render(<App access={access} />, place);
}
