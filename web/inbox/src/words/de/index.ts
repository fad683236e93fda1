import type { Words } from "../en";
import { login } from "./login";
import { nav } from "./nav";

const de: Words = {
  login,
  nav,
};

export default de;
