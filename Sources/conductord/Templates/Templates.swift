// Written by Scripts/embed-templates.sh from the files that each comment names.

/// The files that `init` and `demo` bring along.
enum Templates {
    /// The file `release-states.yaml`.
    static let rules = ##"""
        # The release process, as a machine that conductord runs.
        #
        # A version of an app on one platform is a track. It begins in the first stage below and moves when
        # all conditions of a transition are met, when a guard fires, or when a person pushes. An unknown
        # condition is not met. How to write this file: Docs/release-states.md. Check it after every edit:
        #
        #     conductord check
        #
        # The stages and criteria are those of a published weekly release process of a large mobile app.
        # Its thresholds were not published: every number here is ours. Adjust them to your app.

        machine: mobile-release
        version: 1

        # The fact that says the newest commit of the release branch, and those that say what the release
        # candidate is. They are latched on entering final_rc; every later action names that candidate.
        head: vcs.head
        candidate: {commit: rc.commit, build: rc.build}

        # Thresholds of ours. An app sets its own in conductor.yaml.
        parameters:
          min_crash_free: 0.995       # share of users without a crash; under it nothing is submitted
          max_anr_rate: 0.0047        # share of users whose app stopped answering
          min_sessions: 10000         # fewer prove nothing
          min_content_plays: 5000     # "used enough": something was really played
          spike_crash_free: 0.99      # under it a running rollout is paused
          spike_anr_rate: 0.01        # over it too
          spike_sessions: 5000
          max_data_loss: 0.001        # share of events that did not reach the backend
          first_share: 0.01           # a phased release that goes on by itself is paused beyond this share

        stages:
          upcoming:       {shelf: upcoming}                           # no release branch yet
          branched:                                                   # only critical fixes
            shelf: current
            reality: vcs.branch.exists && store.rollout == "none"     # where a discovered version is placed
          final_rc:       {shelf: current, latch: candidate}          # this build, and no other
          submitted:      {shelf: current}                            # the store is looking at it
          rollout_1:      {shelf: production, reality: store.rollout == "running"}
          rollout_100:    {shelf: production, reality: store.rollout == "completed", monitor: 7d}
          rollout_paused: {shelf: production, kind: waiting, reality: store.rollout == "paused"}
          cancelled:      {shelf: current, kind: error, terminal: true}

        conditions:
          branch_exists:
            title: The release branch is cut
            expr: vcs.branch.exists

          # The way to a release candidate, link by link.
          last_fix_merged:
            title: The last fix is merged
            expr: tracker.fixes.unmerged == 0
            owner: release-managers
          rc_built:
            title: A candidate is built from the branch's newest commit
            expr: rc.commit == vcs.head
          rc_verified:
            title: The build passed its verification tests
            expr: rc.verification == "passed"
            alarm: rc.verification == "failed"
          rc_uploaded:
            title: The build is in the store, for testers
            expr: rc.uploaded

          # The five criteria for submission.
          tests_green:
            title: The candidate has every commit of the branch, and its tests passed
            expr: candidate.commit == vcs.head && ci.tests.state == "passed"
            alarm: ci.tests.state == "failed"
          no_open_blockers:
            title: No release-blocking bug is open
            expr: tracker.blockers.open == 0
            alarm: tracker.blockers.open > 5
            owner: release-managers
            link: "${tracker.blockers.url}"
          signed_off:
            title: All teams signed off
            expr: signoff.teams.all(t, t.state == "approved" || t.opted_out)
            alarm: signoff.teams.exists(t, t.state == "rejected")
          crash_rate_ok:
            title: Crashes and ANRs are under their thresholds
            expr: >-
              quality.crash_free_users >= params.min_crash_free
              && quality.anr_rate <= params.max_anr_rate
              && quality.sessions >= params.min_sessions
            alarm: >-
              quality.sessions >= params.min_sessions
              && (quality.crash_free_users < params.min_crash_free
                  || quality.anr_rate > params.max_anr_rate)
            max_age: 3h
          used_enough:
            title: The version was used enough to be judged
            expr: quality.content_plays >= params.min_content_plays

          # What the store says; where it cannot say it, a person confirms.
          store_approved:
            title: The store approved the candidate
            expr: store.review == "approved" || people.store_approved
          store_rejected:
            title: The store rejected the candidate
            expr: store.review == "rejected"
          head_beyond_candidate:
            title: The branch has commits that the candidate lacks
            expr: candidate.commit != vcs.head

          itgc_passed:
            title: ITGC tests passed, and too little data is lost to matter
            expr: itgc.passed && itgc.data_loss <= params.max_data_loss

          # What a phased release does by itself: 1 % on its first day, 2 % on the second, 100 % on the seventh.
          day_1_over:
            title: The phased release goes beyond its first day, and has days left to pause
            expr: >-
              store.rollout == "running" && store.rollout_fraction > params.first_share
              && store.pause_days_left > 0

        transitions:
          - {from: upcoming, to: branched, when: [branch_exists]}

          # Ten minutes between two candidates: whatever sends a release back here cannot make it spin.
          - from: branched
            to: final_rc
            dwell: 10m
            when: [last_fix_merged, rc_built, rc_verified, rc_uploaded]
            do: [{chat.post: {text: "${track.version} for ${track.platform}: release candidate"}}]

          # A fix that lands before submission asks for a new candidate, and for new sign-offs.
          - {name: new_commits, from: final_rc, to: branched, when: [head_beyond_candidate]}

          - from: final_rc
            to: submitted
            when: [tests_green, no_open_blockers, signed_off, crash_rate_ok, used_enough]
            do: [store.submit_for_review]

          # If a person said yes and the store says no, the store's word counts.
          - name: rejected
            from: submitted
            to: branched
            before: [start_rollout]
            when: [store_rejected]
            do: [{chat.post: {text: "The store rejected ${track.version} for ${track.platform}"}}]

          - name: start_rollout
            from: submitted
            to: rollout_1
            adopt: true               # it may go live by itself after the review
            when: [store_approved]
            do: [store.start_rollout]

          # A day at 1 %, then everybody.
          - from: rollout_1
            to: rollout_100
            adopt: true               # a phased release comes to its end by itself
            dwell: 24h
            when: [itgc_passed, crash_rate_ok]
            claims: [full_rollout]
            do:
              - store.complete_rollout
              - chat.post: {text: "${track.version} for ${track.platform} is at 100 %"}

          # By hand. What was stopped stays stopped until a person says otherwise.
          - {name: pause, from: [rollout_1, rollout_100], to: rollout_paused, manual: true, do: [store.pause_rollout]}
          - {name: resume, from: rollout_paused, to: $previous, manual: true, do: [store.resume_rollout]}
          - {name: fix_and_resubmit, from: rollout_paused, to: branched, manual: true}
          - {name: cancel, from: [upcoming, branched, final_rc, submitted], to: cancelled, manual: true}

        # Guards look all the time, go before everything else, and only brake.
        guards:
          # Nobody more gets it before what 100 % asks for is met. Without this guard the phased release runs.
          - name: hold_day_1
            platforms: [ios]
            watch: [rollout_1]
            when: [day_1_over]
            unless: [itgc_passed, crash_rate_ok]
            blind_after: 6h
            to: rollout_paused
            do:
              - store.pause_rollout
              - chat.post: {text: "${track.version} for ${track.platform} paused: 100 % has to wait"}

          - name: crash_spike
            watch: [rollout_1, rollout_100]
            when: >-
              quality.crash_free_users < params.spike_crash_free
              && quality.sessions >= params.spike_sessions
            blind_after: 6h
            to: rollout_paused
            do:
              - store.pause_rollout
              - chat.post: {text: "${track.version} for ${track.platform} paused: crashes"}

          - name: anr_spike
            watch: [rollout_1, rollout_100]
            when: >-
              quality.anr_rate > params.spike_anr_rate
              && quality.sessions >= params.spike_sessions
            blind_after: 6h
            to: rollout_paused
            do:
              - store.pause_rollout
              - chat.post: {text: "${track.version} for ${track.platform} paused: ANRs"}

        """##

    /// The file `Examples/starter/conductor.yaml`.
    static let starterConfiguration = ##"""
        # What this installation runs: which backends are asked, what may be done to them, and which apps
        # follow release-states.yaml. What each key means: Docs/configuration.md. Check it after every edit:
        #
        #     conductord check
        #
        # Secrets never stand here: write env:NAME or file:PATH where a setting needs one.

        version: 1
        tick: 30s                    # the longest pause between two looks at everything
        # http: {listen: 127.0.0.1:8787}   # a page and an API for this machine: take the first # away

        sources:
          # The repository that releases are cut from, seen from the directory in which conductord runs.
          vcs:
            kind: git
            scope: release
            every: 1m
            repository: .
            branch: release/${version}

          # Until your backends are connected, these read files that you can edit: facts/music/*.yaml.
          # Replace each by `kind: command` (any program that prints JSON) or `kind: http` (any JSON address).
          ci:
            kind: file
            scope: release
            every: 1m
            path: facts/${app}/release.yaml
            facts:
              # The tests of one commit. Those of another one than the branch's newest prove nothing.
              tests.state: {type: string, at: /ci/tests/state, subject: head, about: /ci/tests/commit}

          rc:
            kind: file
            scope: release
            every: 1m
            path: facts/${app}/release.yaml
            facts:
              commit: {type: string, at: /rc/commit}
              build: {type: string, at: /rc/build}
              verification: {type: string, at: /rc/verification}      # running, passed, failed
              uploaded: {type: bool, at: /rc/uploaded}

          tracker:
            kind: file
            scope: release
            every: 1m
            path: facts/${app}/release.yaml
            facts:
              blockers.open: {type: int, at: /tracker/blockers/open, unit: bugs}
              blockers.url: {type: string, at: /tracker/blockers/url}
              fixes.unmerged: {type: int, at: /tracker/fixes/unmerged, unit: fixes}

          quality:
            kind: file
            scope: track
            every: 1m
            path: facts/${app}/${platform}.yaml
            facts:
              crash_free_users: {type: double, at: /quality/crash_free_users, unit: fraction}
              anr_rate: {type: double, at: /quality/anr_rate, unit: fraction}
              sessions: {type: int, at: /quality/sessions, unit: sessions}
              content_plays: {type: int, at: /quality/content_plays, unit: plays}

          store:
            kind: file
            scope: track
            every: 1m
            path: facts/${app}/${platform}.yaml
            facts:
              # A review speaks of one commit: what the store said of an earlier candidate counts no more.
              review:                                       # in_review, approved, rejected
                {type: string, at: /store/review, subject: candidate, about: /store/commit}
              rollout: {type: string, at: /store/rollout}   # none, running, paused, completed
              # The true share of users; on the App Store it grows by itself, and pauses are limited.
              rollout_fraction: {type: double, at: /store/rollout_fraction, unit: fraction}
              pause_days_left: {type: int, at: /store/pause_days_left, unit: days}

          itgc:
            kind: file
            scope: track
            every: 1m
            path: facts/${app}/${platform}.yaml
            facts:
              passed: {type: bool, at: /itgc/passed}
              data_loss: {type: double, at: /itgc/data_loss, unit: fraction}

          # What people say: conductord signoff TRACK playback
          signoff:
            kind: people
            scope: release
            teams: [playback, search, accounts]
          people:
            kind: people
            scope: track
            confirmations: [store_approved]

        # What may be done to the world. Here all of it is a line in the log; when you trust what the
        # conductor decides, replace `log` by `command`, `webhook`, `git.tag`, and say how to look whether
        # it was done already.
        actions:
          store.submit_for_review:
            kind: log
            direction: neutral
            lane: store
            message: "${track}: submit ${candidate.build} for review"
          store.start_rollout:
            kind: log
            direction: raises
            lane: store
            message: "${track}: give ${candidate.build} to 1 %"
          store.complete_rollout:
            kind: log
            direction: raises
            lane: store
            message: "${track}: give ${candidate.build} to everybody"
          store.pause_rollout:
            kind: log
            direction: brakes
            lane: store
            message: "${track}: pause the rollout"
          store.resume_rollout:
            kind: log
            direction: raises
            lane: store
            message: "${track}: resume the rollout"
          chat.post:
            kind: log
            blocking: false
            message: "${with.text}"

        # One 100 % per platform and day.
        claims:
          full_rollout: {limit: 1, per: platform, within: 24h}

        apps:
          music:
            platforms: [ios, android, desktop]
            # In shadow the conductor decides and journals what it *would* do, and does nothing: no action
            # starts, and a track moves only when the store shows that people have moved it. Read for a few
            # releases what it would have done (conductord timeline TRACK), then take this line away.
            shadow: true
            # Thresholds of this app; release-states.yaml has the others.
            parameters:
              min_sessions: 10000

        """##

    /// The file `Examples/starter/facts/music/release.yaml`.
    static let starterRelease = ##"""
        # What is the same for all platforms of a release. Sources in conductor.yaml read it.

        ci:
          tests:
            state: running           # running, passed, failed
            commit: ""               # the commit that was tested

        rc:
          commit: ""                 # the commit that the release candidate was built from
          build: ""
          verification: running      # running, passed, failed
          uploaded: false

        tracker:
          blockers:
            open: 0
            url: https://bugs.example/blockers
          fixes:
            unmerged: 0

        """##

    /// The file `Examples/starter/facts/music/android.yaml`.
    static let starterAndroid = ##"""
        # What is known of android alone. Sources in conductor.yaml read it.

        quality:
          crash_free_users: 0.9972   # share of users without a crash
          anr_rate: 0.0009           # share of users whose app stopped answering
          sessions: 0
          content_plays: 0

        store:
          commit: ""                 # the commit that the review is about
          review: none               # in_review, approved, rejected
          rollout: none              # running, paused, completed
          rollout_fraction: 0.01     # the share of users that a running rollout gives
          pause_days_left: 30

        itgc:
          passed: false
          data_loss: 0.0

        """##

    /// The file `Examples/starter/facts/music/desktop.yaml`.
    static let starterDesktop = ##"""
        # What is known of desktop alone. Sources in conductor.yaml read it.

        quality:
          crash_free_users: 0.9972   # share of users without a crash
          anr_rate: 0.0009           # share of users whose app stopped answering
          sessions: 0
          content_plays: 0

        store:
          commit: ""                 # the commit that the review is about
          review: none               # in_review, approved, rejected
          rollout: none              # running, paused, completed
          rollout_fraction: 0.01     # the share of users that a running rollout gives
          pause_days_left: 30

        itgc:
          passed: false
          data_loss: 0.0

        """##

    /// The file `Examples/starter/facts/music/ios.yaml`.
    static let starterIos = ##"""
        # What is known of ios alone. Sources in conductor.yaml read it.

        quality:
          crash_free_users: 0.9972   # share of users without a crash
          anr_rate: 0.0009           # share of users whose app stopped answering
          sessions: 0
          content_plays: 0

        store:
          commit: ""                 # the commit that the review is about
          review: none               # in_review, approved, rejected
          rollout: none              # running, paused, completed
          rollout_fraction: 0.01     # the share of users that a running rollout gives
          pause_days_left: 30

        itgc:
          passed: false
          data_loss: 0.0

        """##

    /// The file `Examples/demo/conductor.yaml`.
    static let demoConfiguration = ##"""
        # The deployment of `conductord demo`: the app `music` on three platforms. Its backends are scripted
        # (kind `backlot`), its rules, journal and runtime are the real ones.

        version: 1
        tick: 1h

        # Backends call when something happens, and are asked now and then all the same.
        sources:
          vcs:
            kind: backlot
            scope: track
            every: 3h
            facts: {branch.exists: bool, branch.name: string, head: string}
          ci:
            kind: backlot
            scope: track
            every: 3h
            facts:
              tests.state: {type: string, subject: head}         # running, passed, failed
          rc:
            kind: backlot
            scope: track
            every: 3h
            facts: {commit: string, build: string, verification: string, uploaded: bool}
          tracker:
            kind: backlot
            scope: track
            every: 1h
            facts:
              blockers.open: {type: int, unit: bugs}
              blockers.url: string
              fixes.unmerged: {type: int, unit: fixes}
          quality:
            kind: backlot
            scope: track
            every: 1h
            facts:
              crash_free_users: {type: double, unit: fraction}
              anr_rate: {type: double, unit: fraction}
              sessions: {type: int, unit: sessions}
              content_plays: {type: int, unit: plays}
          store:
            kind: backlot
            scope: track
            every: 3h
            facts:
              # The review of one candidate says nothing of another.
              review: {type: string, subject: candidate}          # in_review, approved, rejected
              rollout: string                                     # none, running, paused, completed
              rollout_fraction: {type: double, unit: fraction}    # on the App Store it grows by itself
              pause_days_left: {type: int, unit: days}
          itgc:
            kind: backlot
            scope: track
            every: 3h
            facts: {passed: bool, data_loss: {type: double, unit: fraction}}
          signoff:
            kind: people
            scope: track
            teams: [playback, search, accounts]
          people:
            kind: people
            scope: track
            confirmations: [store_approved]

        actions:
          store.submit_for_review: {kind: backlot, direction: neutral, lane: store}
          store.start_rollout: {kind: backlot, direction: raises, lane: store}
          store.complete_rollout: {kind: backlot, direction: raises, lane: store}
          store.pause_rollout: {kind: backlot, direction: brakes, lane: store}
          store.resume_rollout: {kind: backlot, direction: raises, lane: store}
          chat.post: {kind: backlot, direction: neutral, blocking: false}

        # One 100 % per platform and day.
        claims:
          full_rollout: {limit: 1, per: platform, within: 24h}

        apps:
          music:
            platforms: [ios, android, desktop]

        """##

    /// The file `Examples/demo/backlot.yaml`.
    static let backlotConfiguration = ##"""
        # The deployment of `conductord demo --backlot`: the app `music` on three platforms, whose vendors are
        # simulated on this machine and asked over HTTP by the real adapters. The rules are the same as anywhere.
        #
        # `http://backlot.example` and `file:credentials/` stand for where the simulation is, and for the keys that
        # it makes on the spot.

        version: 1
        tick: 1h

        # Backends call when something happens, and are asked now and then all the same.
        sources:
          vcs:
            kind: github
            scope: track
            every: 6h
            url: http://backlot.example/github
            token: file:credentials/token
            repository: acme/music-${platform}
          ci:
            kind: github.checks
            scope: track
            every: 6h
            url: http://backlot.example/github
            token: file:credentials/token
            repository: acme/music-${platform}
            required: [test]
          tracker:
            kind: jira
            scope: track
            every: 1h
            url: http://backlot.example/jira
            user: release-bot@acme.example
            token: file:credentials/token
            blockers: >-
              project = MUSIC AND fixVersion = ${version} AND component = ${platform}
              AND labels = release-blocker AND statusCategory != Done
            fixes: >-
              project = MUSIC AND fixVersion = ${version} AND component = ${platform}
              AND labels = release-blocker AND status = "In Review"
          quality:
            kind: prometheus
            scope: track
            every: 2h
            url: http://backlot.example/prometheus
            token: file:credentials/token
            facts:
              crash_free_users: {query: 'music_crash_free_users{version=${version},platform=${platform}}', max_age: 3h}
              anr_rate: {query: 'music_anr_rate{version=${version},platform=${platform}}', max_age: 3h}
              sessions: {query: 'music_sessions{version=${version},platform=${platform}}', max_age: 3h}
              content_plays:
                {query: 'music_content_plays{version=${version},platform=${platform}}', type: int, max_age: 3h}

          # One role, and another store on each platform.
          asc:
            kind: appstore
            scope: track
            every: 6h
            url: http://backlot.example/appstore
            app: com.acme.music
            key: file:credentials/appstore.p8
            key_id: 2X9R4HXF34
            issuer: 57246542-96fe-1a63-e053-0824d011072a
          play:
            kind: play
            scope: track
            every: 6h
            edits: 0s
            url: http://backlot.example/play
            package: com.acme.music
            key: file:credentials/play.json
          depot:
            kind: http
            scope: track
            every: 6h
            url: http://backlot.example/acme/${platform}/${version}
            bearer: file:credentials/token
            facts:
              review: {type: string, at: /store/review, subject: candidate, about: /store/commit}
              rollout: {type: string, at: /store/rollout}

          # What the company has of its own: a build farm, and the tests that its auditors ask for.
          rc:
            kind: http
            scope: track
            every: 6h
            url: http://backlot.example/acme/${platform}/${version}
            bearer: file:credentials/token
            facts:
              commit: {type: string, at: /rc/commit}
              build: {type: string, at: /rc/build}
              verification: {type: string, at: /rc/verification}
              uploaded: {type: bool, at: /rc/uploaded}
          itgc:
            kind: http
            scope: track
            every: 6h
            url: http://backlot.example/acme/${platform}/${version}
            bearer: file:credentials/token
            facts:
              passed: {type: bool, at: /itgc/passed}
              data_loss: {type: double, at: /itgc/data_loss, unit: fraction}
          signoff:
            kind: people
            scope: track
            teams: [playback, search, accounts]
          people:
            kind: people
            scope: track
            confirmations: [store_approved]

        actions:
          asc.submit:
            kind: appstore.submit
            url: http://backlot.example/appstore
            app: com.acme.music
            key: file:credentials/appstore.p8
            key_id: 2X9R4HXF34
            issuer: 57246542-96fe-1a63-e053-0824d011072a
          asc.release:
            kind: appstore.release
            url: http://backlot.example/appstore
            app: com.acme.music
            key: file:credentials/appstore.p8
            key_id: 2X9R4HXF34
            issuer: 57246542-96fe-1a63-e053-0824d011072a
          asc.complete:
            kind: appstore.complete
            url: http://backlot.example/appstore
            app: com.acme.music
            key: file:credentials/appstore.p8
            key_id: 2X9R4HXF34
            issuer: 57246542-96fe-1a63-e053-0824d011072a
          asc.pause:
            kind: appstore.pause
            url: http://backlot.example/appstore
            app: com.acme.music
            key: file:credentials/appstore.p8
            key_id: 2X9R4HXF34
            issuer: 57246542-96fe-1a63-e053-0824d011072a
          asc.resume:
            kind: appstore.resume
            url: http://backlot.example/appstore
            app: com.acme.music
            key: file:credentials/appstore.p8
            key_id: 2X9R4HXF34
            issuer: 57246542-96fe-1a63-e053-0824d011072a
          play.release:
            kind: play.release
            url: http://backlot.example/play
            package: com.acme.music
            key: file:credentials/play.json
            fraction: 0.01
          play.complete:
            kind: play.complete
            url: http://backlot.example/play
            package: com.acme.music
            key: file:credentials/play.json
          play.halt:
            kind: play.halt
            url: http://backlot.example/play
            package: com.acme.music
            key: file:credentials/play.json
          play.resume:
            kind: play.resume
            url: http://backlot.example/play
            package: com.acme.music
            key: file:credentials/play.json
          # On Play a release goes live by itself when its review is over.
          play.start: {kind: log, direction: raises, message: "${track} goes live by itself"}
          depot.submit:
            kind: webhook
            class: at_least_once
            direction: neutral
            lane: depot
            url: http://backlot.example/acme/depot
            bearer: file:credentials/token
            body: {action: submit, track: "${track}", commit: "${candidate.commit}"}
          depot.start:
            kind: webhook
            class: at_least_once
            direction: raises
            lane: depot
            url: http://backlot.example/acme/depot
            bearer: file:credentials/token
            body: {action: start, track: "${track}"}
          depot.complete:
            kind: webhook
            class: at_least_once
            direction: raises
            lane: depot
            url: http://backlot.example/acme/depot
            bearer: file:credentials/token
            body: {action: complete, track: "${track}"}
          depot.pause:
            kind: webhook
            class: at_least_once
            direction: brakes
            lane: depot
            url: http://backlot.example/acme/depot
            bearer: file:credentials/token
            body: {action: pause, track: "${track}"}
          depot.resume:
            kind: webhook
            class: at_least_once
            direction: raises
            lane: depot
            url: http://backlot.example/acme/depot
            bearer: file:credentials/token
            body: {action: resume, track: "${track}"}
          chat.post:
            kind: slack.post
            url: http://backlot.example/slack
            token: file:credentials/token
            channel: C024BE91L
            blocking: false
            text: "${with.text}"

        # One 100 % per platform and day.
        claims:
          full_rollout: {limit: 1, per: platform, within: 24h}

        apps:
          music:
            platforms: [ios, android, desktop]
            sources:
              store: {ios: asc, android: play, desktop: depot}
            actions:
              store.submit_for_review: {ios: asc.submit, android: play.release, desktop: depot.submit}
              store.start_rollout: {ios: asc.release, android: play.start, desktop: depot.start}
              store.complete_rollout: {ios: asc.complete, android: play.complete, desktop: depot.complete}
              store.pause_rollout: {ios: asc.pause, android: play.halt, desktop: depot.pause}
              store.resume_rollout: {ios: asc.resume, android: play.resume, desktop: depot.resume}

        """##
}
