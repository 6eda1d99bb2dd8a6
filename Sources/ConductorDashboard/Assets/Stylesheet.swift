/// The one stylesheet.
enum Stylesheet {
    static let text = #"""
        /* conductord's page. Colour never says anything that a sign and a word do not say too. */
        :root {
          color-scheme: light dark;
          --paper: #fbfbfa; --card: #fff; --ink: #1b1f24; --soft: #57606a; --line: #dfe2e6;
          --link: #0b57a4; --green: #1a6b39; --green-bg: #e4f3e8; --yellow: #7a5200; --yellow-bg: #fdf1d3;
          --red: #a4161a; --red-bg: #fde5e4; --unknown: #6a3fa0; --unknown-bg: #f0e8fa;
          --grey: #59616b; --grey-bg: #eef0f2; --go: #0b57a4; --go-bg: #e2eefb;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #121518; --card: #1a1e23; --ink: #e7eaee; --soft: #a3adb8; --line: #30363d;
            --link: #7ab7ff; --green: #7fd6a0; --green-bg: #14321f; --yellow: #f0c869; --yellow-bg: #382b0c;
            --red: #ff9d97; --red-bg: #451c1c; --unknown: #cbb0f5; --unknown-bg: #2e2344;
            --grey: #a3adb8; --grey-bg: #262b31; --go: #8ec2ff; --go-bg: #15304d;
          }
        }
        * { box-sizing: border-box; }
        html { font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
          background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
        body { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
        code, .need, .leaf, td { overflow-wrap: anywhere; }
        h1 { font-size: 1.7rem; line-height: 1.2; margin: 0; }
        h2 { font-size: 1.1rem; line-height: 1.3; margin: 0 0 .5rem; }
        h2 small, h1 .platform { font-weight: 400; color: var(--soft); }
        p { margin: 0; } ul, ol { margin: 0; padding: 0; } li { list-style: none; }
        i { font-style: normal; }
        a { color: var(--link); text-underline-offset: .15em; }
        code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; }
        time { white-space: nowrap; }
        :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
        main:focus { outline: none; }
        [hidden] { display: none !important; }
        .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .skip { position: absolute; left: -999rem; }
        .skip:focus { left: .5rem; top: .5rem; background: var(--card); padding: .5rem 1rem; z-index: 2; }

        .top { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline;
          padding: .6rem 1.25rem; border-bottom: 1px solid var(--line); background: var(--card); }
        .home { font-weight: 700; color: var(--ink); text-decoration: none; letter-spacing: .01em; }
        .top nav { display: flex; gap: 1rem; } .top nav a { text-decoration: none; }
        .link { margin-left: auto; color: var(--soft); font-size: .9rem; }
        main { padding: 1rem 1.25rem 3rem; max-width: 104rem; margin: 0 auto; }

        .green { --c: var(--green); --b: var(--green-bg); } .yellow { --c: var(--yellow); --b: var(--yellow-bg); }
        .red { --c: var(--red); --b: var(--red-bg); } .unknown { --c: var(--unknown); --b: var(--unknown-bg); }
        .grey { --c: var(--grey); --b: var(--grey-bg); } .go { --c: var(--go); --b: var(--go-bg); }
        .light { display: inline-block; color: var(--c); background: var(--b); border-radius: 1rem;
          padding: .1rem .65rem; font-weight: 650; font-size: .92rem; white-space: nowrap; }
        a.light { text-decoration: none; border: 1px solid transparent; }
        a.light:hover, a.light[aria-current] { border-color: var(--c); }
        .light.unknown, .metric.unknown dd b { border-style: dashed; }
        .banner { padding: .5rem .8rem; margin: 0 0 .6rem; border-left: .3rem solid var(--c); background: var(--b); color: var(--ink); border-radius: .2rem; }
        .banner i { color: var(--c); font-weight: 700; }
        .banner.stop { --c: var(--red); --b: var(--red-bg); } .banner.hold { --c: var(--yellow); --b: var(--yellow-bg); }
        .banner.past, .banner.quiet { --c: var(--go); --b: var(--go-bg); }
        .banner.lostbanner { --c: var(--unknown); --b: var(--unknown-bg); font-weight: 650; }
        .panel:not(:empty) { margin-bottom: .75rem; } .panel { display: grid; gap: .35rem; }
        .panel .banner { margin: 0; }
        .sources summary { cursor: pointer; color: var(--unknown); font-weight: 650; }
        .sources li { padding: .1rem 0 .1rem 1.1rem; } .sources li i { color: var(--c); font-weight: 700; }
        .bugs { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; }
        .bugs li::before { content: "✖ "; color: var(--red); }
        .bar { display: flex; flex-wrap: wrap; gap: .6rem 1.5rem; align-items: center; margin-bottom: 1.25rem; } .well { margin-left: auto; }
        .counts { display: flex; flex-wrap: wrap; gap: .5rem; }
        .counts .light { font-size: 1rem; padding: .25rem .8rem; }
        .filter { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; color: var(--soft); }
        input, select, button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--soft);
          border-radius: .3rem; padding: .2rem .5rem; min-height: 2rem; max-width: 100%; }
        button { cursor: pointer; font-weight: 600; padding: .2rem .9rem; }

        .shelf { margin-bottom: 1.75rem; }
        .shelf > h2 { border-bottom: 2px solid var(--line); padding-bottom: .25rem; }
        .track { display: grid; gap: .35rem 1.5rem; padding: .65rem .75rem; border-left: .35rem solid var(--c);
          background: var(--card); border-bottom: 1px solid var(--line);
          grid-template-columns: minmax(9.5rem, 12rem) minmax(11rem, 15rem) minmax(18rem, 1fr) minmax(0, 21rem); }
        .track.red { border-left-width: .6rem; padding-left: .5rem; }
        .track.unknown { border-left-style: dashed; }
        .who a { display: block; text-decoration: none; color: inherit; font-size: 1.1rem; margin-bottom: .25rem; }
        .who a:hover .version { text-decoration: underline; }
        .app, .platform { color: var(--soft); } .who .version { font-size: 1.2rem; }
        .stage b { font-size: 1.08rem; } .stage time, .next, .marks { color: var(--soft); font-size: .92rem; }
        .next b { color: var(--ink); }
        .mark { display: inline-block; border: 1px solid var(--c, var(--line)); color: var(--c, var(--soft)); border-radius: .25rem; padding: 0 .4rem; font-size: .87rem; white-space: normal; }
        .need { display: flex; gap: .45rem; } .need > i, .leaf > i { color: var(--c); font-weight: 700; flex: none; width: 1.1rem; text-align: center; }
        .need.red > span { font-weight: 600; } .now { color: var(--c); } .owner { color: var(--soft); } .now::before, .owner::before { content: "· "; color: var(--soft); }
        .met { color: var(--soft); font-size: .9rem; display: flex; flex-wrap: wrap; gap: 0 .8rem; padding-top: .1rem; }
        .chip i { color: var(--c); font-weight: 700; } .chip { position: relative; }
        .metrics { margin: 0; display: grid; gap: .1rem; align-content: start; font-size: .92rem; }
        .metric { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 .75rem; position: relative; }
        .metric dt { color: var(--soft); } .metric dd { margin: 0; text-align: right; white-space: nowrap; } .metric dd i { display: inline-block; width: 1rem; } .metric small { color: var(--soft); }
        .metric .drawn { grid-column: 1 / -1; margin: .1rem 0 .5rem; } .spark { display: block; width: 100%; height: 1.7rem; }
        .spark path { fill: none; stroke-width: 1.5; vector-effect: non-scaling-stroke; stroke: var(--ink); }
        .spark .limit { stroke: var(--soft); stroke-dasharray: 3 3; stroke-width: 1; }
        .metric.kept i { color: var(--green); } .metric.missed i, .metric.missed b { color: var(--red); }
        .metric.unknown i, .metric.unknown b { color: var(--unknown); }
        .retired summary, .way summary { cursor: pointer; } .retired li { padding: .15rem 1rem; }
        .empty { max-width: 40rem; margin: 3rem auto; text-align: center; }
        .empty pre { background: var(--grey-bg); padding: .75rem; border-radius: .3rem; overflow-x: auto; }

        .title { display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: baseline; margin-bottom: 1rem; }
        .columns { display: grid; grid-template-columns: minmax(0, 1.25fr) minmax(0, 1fr); gap: 1.25rem 2.5rem; }
        main section { margin-bottom: 1.5rem; }
        .why { background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .8rem 1rem; }
        .why ol { padding-left: 1.5rem; } .why li { list-style: decimal; padding: .1rem 0; }
        .way { border-top: 1px solid var(--line); padding: .4rem 0; }
        .way summary small { color: var(--soft); }
        .leaf { display: flex; gap: .5rem; padding: .3rem 0 .3rem .5rem; }
        .leaf .verdict { color: var(--c); white-space: nowrap; }
        .leaf small, .aside { color: var(--soft); font-size: .9rem; }
        b.unknown, span.unknown { color: var(--unknown); }
        .scroll, .map { overflow-x: auto; position: relative; } .map { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .5rem; }
        table { border-collapse: collapse; width: 100%; min-width: 34rem; font-size: .95rem; }
        th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; font-weight: 400; }
        .stages th { white-space: nowrap; } td { min-width: 6rem; } td.number { min-width: 0; }
        thead th { white-space: nowrap; color: var(--soft); font-size: .87rem; } tbody th { font-weight: 600; } th code { font-weight: 400; color: var(--soft); }
        .number { text-align: right; white-space: nowrap; } .share svg { display: block; margin-top: .35rem; max-width: 12rem; }
        .share rect { fill: var(--go); } tr[aria-current] th::after { content: " ◂ now"; color: var(--go); font-weight: 400; }
        .held { color: var(--yellow); }
        .story li { display: grid; grid-template-columns: 12.5rem minmax(0, 1fr); overflow-wrap: anywhere; gap: .75rem; padding: .12rem 0; }
        .story time { color: var(--soft); } .story .e-entered { font-weight: 650; }
        .story .e-error, .story .e-alert { color: var(--red); } .story .e-blocked { color: var(--yellow); } .story .e-drift { color: var(--unknown); }
        .story .e-attempt, .story .e-intent { color: var(--soft); }
        .travel { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; color: var(--soft); }
        .travel input { width: 15rem; }
        .travel input[type="range"] { width: 100%; accent-color: currentColor; }

        .ways { display: flex; flex-wrap: wrap; gap: .5rem; }
        .button { display: inline-block; border: 1px solid var(--soft); border-radius: .3rem; padding: .25rem .8rem; min-height: 2rem;
          background: var(--card); color: var(--ink); font-weight: 600; text-decoration: none; overflow-wrap: anywhere; }
        .button:hover { border-color: var(--link); color: var(--link); }
        main > .ways { margin-bottom: 1rem; }
        .acts { display: grid; gap: .6rem; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .8rem 1rem; }
        .acts h2 { margin: 0; } .acts form { display: flex; flex-wrap: wrap; gap: .4rem .6rem; align-items: center; color: var(--soft); }
        .ask { max-width: 46rem; margin: 1rem auto; display: grid; gap: .9rem; }
        .ask h1 { overflow-wrap: anywhere; } .ask h2 { margin: 0; } .ask form { display: grid; gap: .9rem; }
        .ask input { width: 100%; } .effects { padding-left: 1.2rem; overflow-wrap: anywhere; } .effects li, .ask .banner li { list-style: disc; }
        .ask .banner ul { padding-left: 1.2rem; } .answer { display: flex; gap: 1.25rem; align-items: center; }
        button.act { background: var(--link); color: var(--card); border-color: var(--link); padding: .35rem 1.4rem; }

        .node rect { fill: var(--grey-bg); stroke: var(--line); stroke-width: 1.5; } .node text { fill: var(--soft); font-size: 13px; }
        .node.gone rect { stroke: var(--go); } .node.gone text { fill: var(--ink); }
        .node.here rect { fill: var(--b); stroke: var(--c); stroke-width: 3; } .node.here text { fill: var(--ink); font-weight: 700; }
        .node.error rect, .node.waiting rect { stroke-dasharray: 5 3; }
        .edge { fill: none; stroke: var(--grey); stroke-width: 1.2; opacity: .65; } .edge.manual { stroke-dasharray: 4 4; }
        .edge.brake { stroke: var(--red); } .edge.gone { stroke: var(--go); stroke-width: 3; opacity: 1; stroke-dasharray: none; }
        marker path { fill: var(--grey); } marker.a-gone path { fill: var(--go); } marker.a-brake path { fill: var(--red); }

        /* Nothing is known any more: no green, and no colour that claims to be of now. */
        .late main .banner, .lost main .banner,
        .late main .green, .late main .yellow, .late main .red, .late main .go,
        .lost main .green, .lost main .yellow, .lost main .red, .lost main .go {
          --c: var(--unknown) !important; --b: var(--unknown-bg) !important; }
        .late .metric i, .late .metric b, .lost .metric i, .lost .metric b { color: var(--unknown) !important; }
        .late .light::before, .lost .light::before { content: "was "; font-weight: 400; }
        .late .track, .lost .track { border-left-style: dashed; }
        .late .link, .lost .link { color: var(--unknown); font-weight: 650; }

        @media (max-width: 72rem) {
          .track { grid-template-columns: minmax(9rem, 12rem) minmax(0, 1fr) minmax(0, 1fr); }
          .track .metrics { grid-column: 3; } .track .needs { grid-column: 2 / 4; grid-row: 2; }
          .track .where { grid-column: 2; }
          .track .metrics { grid-row: 1; }
        }
        @media (max-width: 48rem) {
          html { font-size: 16px; }
          main { padding: .75rem .75rem 3rem; } .top { padding: .6rem .75rem; } .link { margin-left: 0; width: 100%; }
          .track, .columns { grid-template-columns: minmax(0, 1fr); }
          .track .metrics, .track .needs, .track .where { grid-column: 1; grid-row: auto; }
          .who { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: .25rem .75rem; } .who a { margin: 0; }
          .story li { grid-template-columns: minmax(0, 1fr); gap: 0; padding: .3rem 0; }
          .filter label { display: flex; gap: .5rem; align-items: center; }
        }
        @media (prefers-reduced-motion: no-preference) {
          .track.fresh { animation: fresh 2.5s ease-out; }
          @keyframes fresh { from { background: var(--go-bg); } }
        }
        @media (forced-colors: active) { .light, .track { border: 1px solid; } }
        @media print {
          .top nav, .filter, .travel, .skip, .acts, .ways { display: none; } .track, section { break-inside: avoid; }
          html { font-size: 11px; } main { max-width: none; padding: 0; } a { color: inherit; }
          .columns { display: block; }
        }

        """#
}
