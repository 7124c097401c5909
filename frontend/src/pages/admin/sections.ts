// The console's sections, in the order of the list at the side.

import type { Component } from "svelte";
import AuditSection from "./AuditSection.svelte";
import CorrectionsSection from "./CorrectionsSection.svelte";
import HealthSection from "./HealthSection.svelte";
import InspectorSection from "./InspectorSection.svelte";
import JudgedSection from "./JudgedSection.svelte";
import MessagesSection from "./MessagesSection.svelte";
import NewsSection from "./NewsSection.svelte";
import PreflightSection from "./PreflightSection.svelte";
import RoundSection from "./RoundSection.svelte";
import ScenarioSection from "./ScenarioSection.svelte";
import SurveillanceSection from "./SurveillanceSection.svelte";
import TeamsSection from "./TeamsSection.svelte";

export interface Section {
  id: string;
  title: string;
  /** Where it stands in the list: what is done, what is looked at, what is prepared. */
  group: "Run" | "Watch" | "Prepare";
  component: Component;
}

export const SECTIONS: Section[] = [
  { id: "round", title: "Round", group: "Run", component: RoundSection },
  { id: "teams", title: "Teams", group: "Run", component: TeamsSection },
  { id: "news", title: "News desk", group: "Run", component: NewsSection },
  { id: "corrections", title: "Corrections", group: "Run", component: CorrectionsSection },
  { id: "messages", title: "Messages", group: "Run", component: MessagesSection },
  { id: "inspector", title: "Team inspector", group: "Watch", component: InspectorSection },
  { id: "surveillance", title: "Surveillance", group: "Watch", component: SurveillanceSection },
  { id: "audit", title: "Audit", group: "Watch", component: AuditSection },
  { id: "health", title: "Health", group: "Watch", component: HealthSection },
  { id: "preflight", title: "Preflight", group: "Prepare", component: PreflightSection },
  { id: "scenario", title: "Scenario", group: "Prepare", component: ScenarioSection },
  { id: "judged", title: "Judged scores", group: "Prepare", component: JudgedSection },
];
