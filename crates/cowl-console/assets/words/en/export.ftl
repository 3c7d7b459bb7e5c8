# Reports in the forms of others, and zones from others.

export-no-reports = No reports are read at this seat, so there is nothing to export here.
export-what = What the role { $role } may read today, for other people’s maps and tables: nothing finer, no ids, no pseudonyms, times to the minute.
export-precise = How precise each field is
export-which = What
export-counts = Counts per zone
export-counts-help = How many reports there are in each zone, by triage colour. Below { $k } it says “<{ $k }”, and totals that would give a small count away are left out.
export-reports = Each report
export-reports-help = Whoever gets the file reads what this role reads. Give it only to people who would be given the role.
export-form = Form
export-geojson = GeoJSON
export-geojson-help = For maps: QGIS, uMap, Leaflet. Zones with their outlines.
export-hxl = CSV with HXL tags
export-hxl-help = For spreadsheets and humanitarian data tools: one row of hashtags below the head.
export-cot = Cursor on Target
export-cot-help = For TAK. One event a report, at the centre of its zone, with the zone’s radius. It has no counts.
export-since = From when on
export-last-hour = The last hour
export-last-six = The last six hours
export-last-day = The last day
export-last-week = The last week
export-all = Everything that is kept
export-logged = The operation’s log notes that a file was made, and of which kind, before it is made.
export-told = I tell the authority that this file was made
export-told-help = There is no folder of the operation on this console, so its log cannot note it by itself.
export-not-told = Nothing was made: the authority must know of every export. Go back and say that you tell it.
export-make = Make the file
export-no-counts = Cursor on Target has no counts: an event is one report. Choose GeoJSON or CSV for counts.
export-busy = Another file is being made. Wait a moment and repeat it.
export-too-large = The file would be too large. Choose a shorter time. No file was made.
export-unreadable = The kept reports cannot be read. No file was made. The person who runs the console can check them with: cowl archive check
export-gone = This file is not here any more. Make it again.
export-made = { $n ->
    [one] The file is made: one report stands or is counted in it.
   *[other] The file is made: { $n } reports stand or are counted in it.
}
export-no-place = { $n ->
    [one] One report is left out: it has no place, and this form needs one.
   *[other] { $n } reports are left out: they have no place, and this form needs one.
}
export-other-roles = { $n ->
    [one] One report is left out: its role reads no reports any more.
   *[other] { $n } reports are left out: their role reads no reports any more.
}
export-damaged = { $n ->
    [one] One report is left out: it is damaged.
   *[other] { $n } reports are left out: they are damaged.
}
export-save = Save the file ({ $n } KiB)
export-leaves = Once saved, this file is outside the operation: no withdrawal and no erase order reaches it. Delete it when it has served.
export-gone-in = { $n ->
    [one] It can be saved for one minute more.
   *[other] It can be saved for { $n } minutes more.
}
export-another = Make another file
export-zones = Import zones
export-zones-what = Replaces the outlines of a zone level, for instance by the communes that your partners use. Everyone gets them with the next manifest; reports that were sent before keep their zones.
export-zones-none = The policy has no zone level with outlines. To have one, write polygons = "zones.geojson" at a level in policy.toml.
export-zones-policy = policy.toml cannot be used as it is:
export-zones-level = Zone level
export-zones-file = GeoJSON file
export-zones-file-help = Polygons in degrees of WGS 84, at most 2 MiB. They must fit into the manifest: simplify detailed outlines first.
export-zones-property = Property with the zone’s name (if it is another one)
export-zones-property-help = Empty: the one that the policy names.
export-zones-import = Check and import
export-zones-not-text = This file is not text. Choose a GeoJSON file. Nothing was changed.
export-zones-wrong = These zones cannot be used. Nothing was changed.
export-zones-done = { $n ->
    [one] One zone was taken over.
   *[other] { $n } zones were taken over.
}
export-zones-then = A new manifest is signed. cowl serve hands it out to everyone.
