import ConductorCore

/// What the API is, in OpenAPI 3.1; a test holds it to the routes and to what they answer.
enum OpenAPI {
    static let document: JSON = {
        guard let document = try? JSON(parsing: Array(text.utf8)) else {
            preconditionFailure("The document of the API is no JSON.")
        }
        return document
    }()

    private static let text = #"""
        {
         "openapi": "3.1.0",
         "info": {
          "title": "conductord",
          "version": "1",
          "description": "What the conductor knows, for other programs, and what can be asked of it. Nothing but a POST changes anything.",
          "license": {"name": "See LICENSE"}
         },
         "servers": [{"url": "/"}],
         "paths": {
          "/": {
           "get": {
            "operationId": "overview",
            "summary": "The page of all tracks.",
            "parameters": [
             {"$ref": "#/components/parameters/app"},
             {"$ref": "#/components/parameters/platform"},
             {"$ref": "#/components/parameters/light"},
             {"$ref": "#/components/parameters/q"}
            ],
            "responses": {
             "200": {"description": "The page of all tracks.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/tracks/{app}/{platform}/{version}": {
           "get": {
            "operationId": "trackPage",
            "summary": "The page of one track.",
            "parameters": [
             {"$ref": "#/components/parameters/app"},
             {"$ref": "#/components/parameters/platform"},
             {"$ref": "#/components/parameters/version"},
             {"$ref": "#/components/parameters/at"}
            ],
            "responses": {
             "200": {"description": "The page of one track.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/login": {
           "get": {
            "operationId": "loginPage",
            "summary": "Where a person logs in.",
            "parameters": [
             {"name": "to", "in": "query", "required": false, "schema": {"type": "string"}, "description": "A path to go on to."}
            ],
            "responses": {
             "200": {"description": "Where a person logs in.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           },
           "post": {
            "operationId": "login",
            "summary": "Logs in by a token that is pasted.",
            "parameters": [],
            "requestBody": {
             "required": true,
             "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"token": {"type": "string"}, "to": {"type": "string"}}}}}
            },
            "responses": {
             "303": {"description": "Logged in or out: the cookie, and where to go on."},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/login/link": {
           "get": {
            "operationId": "loginLinkPage",
            "summary": "What a login link opens.",
            "parameters": [
             {"name": "code", "in": "query", "required": false, "schema": {"type": "string"}, "description": "The link's secret."}
            ],
            "responses": {
             "200": {"description": "What a login link opens.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           },
           "post": {
            "operationId": "loginByLink",
            "summary": "Logs in by a link, once.",
            "parameters": [],
            "requestBody": {
             "required": true,
             "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"code": {"type": "string"}}}}}
            },
            "responses": {
             "303": {"description": "Logged in or out: the cookie, and where to go on."},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/login/oidc": {
           "get": {
            "operationId": "loginElsewhere",
            "summary": "Sends a browser to the provider of OpenID Connect.",
            "parameters": [{"name": "to", "in": "query", "required": false, "schema": {"type": "string"}, "description": "A path to go on to."}],
            "responses": {
             "303": {"description": "To the provider."},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/login/oidc/callback": {
           "get": {
            "operationId": "loginReturn",
            "summary": "Where the provider sends a browser back to.",
            "parameters": [
             {"name": "code", "in": "query", "required": false, "schema": {"type": "string"}, "description": "The provider's code."},
             {"name": "state", "in": "query", "required": false, "schema": {"type": "string"}, "description": "What was sent along."}
            ],
            "responses": {
             "303": {"description": "Logged in: the cookie, and where to go on."},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/logout": {
           "post": {
            "operationId": "logout",
            "summary": "Ends a session.",
            "parameters": [],
            "requestBody": {
             "required": true,
             "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"stamp": {"type": "string"}}}}}
            },
            "responses": {
             "303": {"description": "Logged in or out: the cookie, and where to go on."},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/account": {
           "get": {
            "operationId": "account",
            "summary": "Who is logged in, and what they may.",
            "parameters": [],
            "responses": {
             "200": {"description": "Who is logged in, and what they may.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/ask/{verb}": {
           "get": {
            "operationId": "fleetQuestion",
            "summary": "What an act on everything would do; asking changes nothing.",
            "parameters": [
             {"$ref": "#/components/parameters/verb"},
             {"$ref": "#/components/parameters/scope"}
            ],
            "responses": {
             "200": {"description": "What an act on everything would do; asking changes nothing.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           },
           "post": {
            "operationId": "fleetAct",
            "summary": "Asks the conductor for it.",
            "parameters": [
             {"$ref": "#/components/parameters/verb"}
            ],
            "requestBody": {
             "required": true,
             "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"stamp": {"type": "string"}, "id": {"type": "string"}, "seen": {"type": "string"}, "reason": {"type": "string"}, "scope": {"type": "string"}}}}}
            },
            "responses": {
             "200": {"description": "Accepted.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/tracks/{app}/{platform}/{version}/ask/{verb}": {
           "get": {
            "operationId": "question",
            "summary": "What an act would do; asking changes nothing.",
            "parameters": [
             {"$ref": "#/components/parameters/app"},
             {"$ref": "#/components/parameters/platform"},
             {"$ref": "#/components/parameters/version"},
             {"$ref": "#/components/parameters/verb"},
             {"$ref": "#/components/parameters/scope"},
             {"$ref": "#/components/parameters/to"},
             {"$ref": "#/components/parameters/what"},
             {"$ref": "#/components/parameters/verdict"},
             {"$ref": "#/components/parameters/transition"},
             {"$ref": "#/components/parameters/condition"},
             {"$ref": "#/components/parameters/for"},
             {"$ref": "#/components/parameters/until"},
             {"$ref": "#/components/parameters/lift"},
             {"$ref": "#/components/parameters/how"},
             {"$ref": "#/components/parameters/key"},
             {"$ref": "#/components/parameters/done"}
            ],
            "responses": {
             "200": {"description": "What an act would do; asking changes nothing.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           },
           "post": {
            "operationId": "act",
            "summary": "Asks the conductor for it.",
            "parameters": [
             {"$ref": "#/components/parameters/app"},
             {"$ref": "#/components/parameters/platform"},
             {"$ref": "#/components/parameters/version"},
             {"$ref": "#/components/parameters/verb"}
            ],
            "requestBody": {
             "required": true,
             "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"stamp": {"type": "string"}, "id": {"type": "string"}, "revision": {"type": "string"}, "seen": {"type": "string"}, "reason": {"type": "string"}, "scope": {"type": "string"}, "to": {"type": "string"}, "what": {"type": "string"}, "verdict": {"type": "string"}, "transition": {"type": "string"}, "condition": {"type": "string"}, "for": {"type": "string"}, "until": {"type": "string"}, "lift": {"type": "string"}, "how": {"type": "string"}, "key": {"type": "string"}, "done": {"type": "string"}}}}}
            },
            "responses": {
             "200": {"description": "Accepted.", "content": {"text/html": {"schema": {"type": "string"}}}},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/assets/{file}": {
           "get": {
            "operationId": "asset",
            "summary": "A file that pages ask for.",
            "parameters": [{"name": "file", "in": "path", "required": true, "schema": {"type": "string"}, "description": "Its name."}],
            "responses": {
             "200": {"description": "A file that pages ask for.", "content": {"text/css": {"schema": {"type": "string"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/healthz": {
           "get": {
            "operationId": "alive",
            "summary": "Whether it decides: 503 where it has not for too long, or the journal cannot be written.",
            "parameters": [],
            "responses": {
             "200": {
              "description": "Whether it decides: 503 where it has not for too long, or the journal cannot be written.",
              "content": {"text/plain": {"schema": {"type": "string"}}}
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/readyz": {
           "get": {
            "operationId": "ready",
            "summary": "Whether there is something to show.",
            "parameters": [],
            "responses": {
             "200": {"description": "Whether there is something to show.", "content": {"text/plain": {"schema": {"type": "string"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/ProblemPage"},
             "5XX": {"$ref": "#/components/responses/ProblemPage"}
            }
           }
          },
          "/api/v1/tracks": {
           "get": {
            "operationId": "tracks",
            "summary": "Every track that is live or retired lately.",
            "parameters": [
             {"$ref": "#/components/parameters/app"},
             {"$ref": "#/components/parameters/platform"},
             {"$ref": "#/components/parameters/light"},
             {"$ref": "#/components/parameters/q"},
             {"$ref": "#/components/parameters/limit"},
             {"$ref": "#/components/parameters/afterTrack"}
            ],
            "responses": {
             "200": {
              "description": "Every track that is live or retired lately.",
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tracks"}}}
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/tracks/{app}/{platform}/{version}": {
           "get": {
            "operationId": "track",
            "summary": "One track.",
            "parameters": [{"$ref": "#/components/parameters/app"}, {"$ref": "#/components/parameters/platform"}, {"$ref": "#/components/parameters/version"}],
            "responses": {
             "200": {"description": "One track.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Track"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/tracks/{app}/{platform}/{version}/explain": {
           "get": {
            "operationId": "explain",
            "summary": "Why it is where it is, and what must change.",
            "parameters": [
             {"$ref": "#/components/parameters/app"},
             {"$ref": "#/components/parameters/platform"},
             {"$ref": "#/components/parameters/version"},
             {"$ref": "#/components/parameters/at"}
            ],
            "responses": {
             "200": {
              "description": "Why it is where it is, and what must change.",
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Explanation"}}}
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/tracks/{app}/{platform}/{version}/timeline": {
           "get": {
            "operationId": "timeline",
            "summary": "What happened to it, and how long it was where.",
            "parameters": [
             {"$ref": "#/components/parameters/app"},
             {"$ref": "#/components/parameters/platform"},
             {"$ref": "#/components/parameters/version"},
             {"$ref": "#/components/parameters/at"},
             {"$ref": "#/components/parameters/limit"},
             {"$ref": "#/components/parameters/after"}
            ],
            "responses": {
             "200": {
              "description": "What happened to it, and how long it was where.",
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Timeline"}}}
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/tracks/{app}/{platform}/{version}/decisions": {
           "get": {
            "operationId": "decisions",
            "summary": "What was decided on it, as recorded.",
            "parameters": [
             {"$ref": "#/components/parameters/app"},
             {"$ref": "#/components/parameters/platform"},
             {"$ref": "#/components/parameters/version"},
             {"$ref": "#/components/parameters/limit"},
             {"$ref": "#/components/parameters/after"}
            ],
            "responses": {
             "200": {"description": "What was decided on it, as recorded.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Decisions"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/tracks/{app}/{platform}/{version}/commands": {
           "get": {
            "operationId": "trackCommands",
            "summary": "What people asked of it, and of all that it is part of.",
            "parameters": [
             {"$ref": "#/components/parameters/app"},
             {"$ref": "#/components/parameters/platform"},
             {"$ref": "#/components/parameters/version"},
             {"$ref": "#/components/parameters/limit"},
             {"$ref": "#/components/parameters/after"}
            ],
            "responses": {
             "200": {
              "description": "What people asked of it, and of all that it is part of.",
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Commands"}}}
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/tracks/{app}/{platform}/{version}/series": {
           "get": {
            "operationId": "series",
            "summary": "Its facts over time, as the sources answered.",
            "parameters": [
             {"$ref": "#/components/parameters/app"},
             {"$ref": "#/components/parameters/platform"},
             {"$ref": "#/components/parameters/version"},
             {
              "name": "fact", "in": "query", "schema": {"type": "string"},
              "description": "The path of one fact; otherwise all that are numbers."
             },
             {"$ref": "#/components/parameters/limit"},
             {"$ref": "#/components/parameters/after"}
            ],
            "responses": {
             "200": {"description": "Its facts over time, as the sources answered.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Series"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/tracks/{app}/{platform}/{version}/badge.svg": {
           "get": {
            "operationId": "badge",
            "summary": "A small picture of where it is.",
            "parameters": [{"$ref": "#/components/parameters/app"}, {"$ref": "#/components/parameters/platform"}, {"$ref": "#/components/parameters/version"}],
            "responses": {
             "200": {"description": "A small picture of where it is.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/commands": {
           "get": {
            "operationId": "commands",
            "summary": "What people asked.",
            "parameters": [{"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/after"}],
            "responses": {
             "200": {"description": "What people asked.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Commands"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           },
           "post": {
            "operationId": "command",
            "summary": "Asks the conductor for something, and waits for the answer.",
            "parameters": [],
            "security": [{"token": []}],
            "requestBody": {
             "required": true,
             "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wish"}}}
            },
            "responses": {
             "200": {"description": "Accepted.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Reply"}}}},
             "409": {"description": "Refused.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Reply"}}}},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/machines": {
           "get": {
            "operationId": "machines",
            "summary": "The machines that tracks are pinned to.",
            "parameters": [],
            "responses": {
             "200": {
              "description": "The machines that tracks are pinned to.",
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Machines"}}}
             },
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/machines/{digest}": {
           "get": {
            "operationId": "machine",
            "summary": "One machine.",
            "parameters": [{"name": "digest", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"}, "description": "Its digest."}],
            "responses": {
             "200": {"description": "One machine.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Machine"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/health": {
           "get": {
            "operationId": "health",
            "summary": "How the daemon and its sources are.",
            "parameters": [],
            "responses": {
             "200": {"description": "How the daemon and its sources are.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/events": {
           "get": {
            "operationId": "events",
            "summary": "Server-sent events: `change` with the tracks that changed, `beat` as a sign of life, `reset` where it is not known what was missed. Resumes at `Last-Event-ID`.",
            "parameters": [
             {"name": "after", "in": "query", "required": false, "schema": {"type": "integer", "minimum": 0}, "description": "As Last-Event-ID, which goes before."},
             {
              "name": "Last-Event-ID",
              "in": "header",
              "required": false,
              "schema": {"type": "string"},
              "description": "The id of the last event that was received."
             }
            ],
            "responses": {
             "200": {
              "description": "Server-sent events: `change` with the tracks that changed, `beat` as a sign of life, `reset` where it is not known what was missed. Resumes at `Last-Event-ID`.",
              "content": {"text/event-stream": {"schema": {"type": "string"}}}
             },
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          },
          "/api/v1/openapi.json": {
           "get": {
            "operationId": "document",
            "summary": "This document.",
            "parameters": [],
            "responses": {
             "200": {"description": "This document.", "content": {"application/json": {"schema": {"type": "object"}}}},
             "304": {"$ref": "#/components/responses/NotModified"},
             "4XX": {"$ref": "#/components/responses/Problem"},
             "5XX": {"$ref": "#/components/responses/Problem"}
            }
           }
          }
         },
         "components": {
          "securitySchemes": {
           "token": {"type": "http", "scheme": "bearer", "description": "A token of `conductord dashboard token create`."},
           "session": {"type": "apiKey", "in": "cookie", "name": "conductord", "description": "Of who logged in; `__Host-conductord` over TLS."}
          },
          "schemas": {
           "Wish": {
            "type": "object",
            "properties": {
             "id": {"type": ["string", "null"], "pattern": "^[A-Za-z0-9._-]{1,100}$", "description": "The same id again is the same command."},
             "scope": {"type": "string", "description": "`*`, app, app/version, or app/platform/version."},
             "request": {
              "type": "string",
              "enum": ["advance", "pause", "cancel", "resume", "hold", "signoff", "approve", "override", "retry", "abandon", "resolve", "rearm", "stop", "lift_stop", "add", "register"]
             },
             "arguments": {
              "type": ["object", "null"],
              "properties": {
               "to": {"type": ["string", "null"]},
               "what": {"type": "string"},
               "verdict": {"type": ["string", "null"], "enum": ["approved", "rejected", "opted_out", "withdrawn", null]},
               "transition": {"type": ["string", "null"]},
               "condition": {"type": "string"},
               "for": {"type": ["string", "null"]},
               "until": {"type": ["string", "null"], "format": "date-time"},
               "lift": {"type": ["boolean", "null"]},
               "how": {"type": "string", "enum": ["stay", "as_done"]},
               "key": {"type": "string"},
               "done": {"type": "boolean"},
               "stage": {"type": ["string", "null"]},
               "since": {"type": ["string", "null"], "format": "date-time"}
              },
              "additionalProperties": false
             },
             "reason": {"type": ["string", "null"]},
             "based_on": {"type": ["integer", "null"], "description": "The revision that was looked at."}
            },
            "required": ["scope", "request"],
            "additionalProperties": false
           },
           "Reply": {
            "type": "object",
            "properties": {
             "id": {"type": "string"},
             "accepted": {"type": "boolean"},
             "message": {"type": "string"},
             "unmet": {"type": "array", "items": {"type": "string"}}
            },
            "required": ["id", "accepted", "message", "unmet"],
            "additionalProperties": false,
            "description": "As the command line answers with `--json`."
           },
           "Light": {"type": "string", "enum": ["grey", "green", "yellow", "unknown", "red"]},
           "Candidate": {
            "type": "object",
            "properties": {"commit": {"type": "string"}, "build": {"type": ["string", "null"]}, "digest": {"type": ["string", "null"]}},
            "required": ["commit", "build", "digest"],
            "additionalProperties": false
           },
           "Hold": {
            "type": "object",
            "properties": {
             "scope": {"type": "string"},
             "actor": {"type": "string"},
             "since": {"type": "string", "format": "date-time"},
             "reason": {"type": ["string", "null"]}
            },
            "required": ["scope", "actor", "since", "reason"],
            "additionalProperties": false
           },
           "Track": {
            "type": "object",
            "properties": {
             "track": {"type": "string"},
             "stage": {"type": ["string", "null"]},
             "phase": {"type": "string", "enum": ["waiting", "entering", "error", "finished"]},
             "light": {"$ref": "#/components/schemas/Light"},
             "since": {"type": "string", "format": "date-time"},
             "step": {"type": "integer"},
             "revision": {"type": "integer"},
             "retired": {"type": "boolean"},
             "hold": {"anyOf": [{"$ref": "#/components/schemas/Hold"}, {"type": "null"}]},
             "candidate": {"anyOf": [{"$ref": "#/components/schemas/Candidate"}, {"type": "null"}]},
             "blocking": {"type": "array", "items": {"type": "string"}},
             "work": {"type": "array", "items": {"type": "string"}},
             "alerts": {"type": "array", "items": {"type": "string"}},
             "drift": {"type": ["string", "null"]},
             "shadow": {"type": "boolean"},
             "overrides": {
              "type": "array",
              "items": {
               "type": "object",
               "properties": {
                "condition": {"type": "string"},
                "candidate": {"anyOf": [{"$ref": "#/components/schemas/Candidate"}, {"type": "null"}]},
                "actor": {"type": "string"},
                "reason": {"type": "string"},
                "since": {"type": "string", "format": "date-time"},
                "until": {"type": "string", "format": "date-time"}
               },
               "required": ["condition", "candidate", "actor", "reason", "since", "until"],
               "additionalProperties": false
              }
             },
             "approvals": {
              "type": "array",
              "items": {
               "type": "object",
               "properties": {
                "transition": {"type": "string"},
                "candidate": {"anyOf": [{"$ref": "#/components/schemas/Candidate"}, {"type": "null"}]},
                "actor": {"type": "string"},
                "at": {"type": "string", "format": "date-time"}
               },
               "required": ["transition", "candidate", "actor", "at"],
               "additionalProperties": false
              }
             },
             "disarmed": {"type": "array", "items": {"type": "string"}},
             "next": {
              "type": "array",
              "items": {
               "type": "object",
               "properties": {
                "name": {"type": "string"},
                "to": {"type": "string"},
                "manual": {"type": "boolean"},
                "direction": {"type": "string", "enum": ["raises", "brakes", "neutral"]},
                "blocked_by": {"type": "array", "items": {"type": "string"}},
                "earliest": {"type": ["string", "null"], "format": "date-time"}
               },
               "required": ["name", "to", "manual", "direction", "blocked_by", "earliest"],
               "additionalProperties": false
              }
             }
            },
            "required": [
             "track",
             "stage",
             "phase",
             "light",
             "since",
             "step",
             "revision",
             "retired",
             "hold",
             "candidate",
             "blocking",
             "work",
             "alerts",
             "drift",
             "shadow",
             "overrides",
             "approvals",
             "disarmed",
             "next"
            ],
            "additionalProperties": false,
            "description": "One track, as in `status --json`."
           },
           "Tracks": {
            "type": "object",
            "properties": {
             "at": {"type": ["string", "null"], "format": "date-time"},
             "tick": {"type": "integer"},
             "stop": {
              "anyOf": [
               {
                "type": "object",
                "properties": {"actor": {"type": ["string", "null"]}, "since": {"type": ["string", "null"], "format": "date-time"}, "reason": {"type": ["string", "null"]}},
                "required": ["actor", "since", "reason"],
                "additionalProperties": false
               },
               {"type": "null"}
              ]
             },
             "disk_full": {"type": "boolean"},
             "reconciling": {"type": "boolean"},
             "holds": {"type": "array", "items": {"$ref": "#/components/schemas/Hold"}},
             "tracks": {"type": "array", "items": {"$ref": "#/components/schemas/Track"}},
             "next": {"type": ["string", "null"]}
            },
            "required": ["at", "tick", "stop", "disk_full", "reconciling", "holds", "tracks", "next"],
            "additionalProperties": false,
            "description": "`status --json`, with the number of the tick, and where the next part begins."
           },
           "Leaf": {
            "type": "object",
            "properties": {
             "name": {"type": "string"},
             "kind": {
              "type": "string",
              "enum": ["condition", "clock", "guard", "push", "hold", "stop", "claim", "drift", "phase", "confirmation", "candidate", "approval"]
             },
             "verdict": {"type": "string", "enum": ["met", "unmet", "unknown", "not_applicable"]},
             "light": {"$ref": "#/components/schemas/Light"},
             "cause": {"type": ["string", "null"]},
             "detail": {"type": ["string", "null"]},
             "title": {"type": ["string", "null"]},
             "owner": {"type": ["string", "null"]},
             "link": {"type": ["string", "null"]},
             "note": {"type": ["string", "null"]},
             "overridden": {
              "anyOf": [
               {
                "type": "object",
                "properties": {
                 "by": {"type": "string"},
                 "until": {"type": "string", "format": "date-time"},
                 "reason": {"type": "string"},
                 "verdict": {"type": "string", "enum": ["met", "unmet", "unknown", "not_applicable"]},
                 "cause": {"type": ["string", "null"]}
                },
                "required": ["by", "until", "reason", "verdict", "cause"],
                "additionalProperties": false
               },
               {"type": "null"}
              ]
             },
             "since": {"type": ["string", "null"], "format": "date-time"},
             "earliest": {"type": ["string", "null"], "format": "date-time"},
             "facts": {
              "type": "array",
              "items": {
               "type": "object",
               "properties": {
                "path": {"type": "string"},
                "value": {},
                "unit": {"type": ["string", "null"]},
                "cause": {"type": ["string", "null"]},
                "observed_at": {"type": ["string", "null"], "format": "date-time"},
                "fetched_at": {"type": ["string", "null"], "format": "date-time"}
               },
               "required": ["path", "value", "unit", "cause", "observed_at", "fetched_at"],
               "additionalProperties": false
              }
             }
            },
            "required": ["name", "kind", "verdict", "light", "cause", "detail", "title", "owner", "link", "note", "overridden", "since", "earliest", "facts"],
            "additionalProperties": false
           },
           "Way": {
            "type": "object",
            "properties": {
             "name": {"type": "string"},
             "to": {"type": "string"},
             "direction": {"type": "string", "enum": ["raises", "brakes", "neutral"]},
             "manual": {"type": "boolean"},
             "earliest": {"type": ["string", "null"], "format": "date-time"},
             "leaves": {"type": "array", "items": {"$ref": "#/components/schemas/Leaf"}},
             "smallest": {"type": "array", "items": {"type": "string"}}
            },
            "required": ["name", "to", "direction", "manual", "earliest", "leaves", "smallest"],
            "additionalProperties": false
           },
           "Explanation": {
            "type": "object",
            "properties": {
             "track": {"type": "string"},
             "at": {"type": "string", "format": "date-time"},
             "stage": {"type": ["string", "null"]},
             "phase": {"type": "string", "enum": ["waiting", "entering", "error", "finished"]},
             "light": {"$ref": "#/components/schemas/Light"},
             "since": {"type": "string", "format": "date-time"},
             "candidate": {"anyOf": [{"$ref": "#/components/schemas/Candidate"}, {"type": "null"}]},
             "work": {"type": "array", "items": {"type": "string"}},
             "recorded_equal": {"type": "boolean"},
             "transitions": {"type": "array", "items": {"$ref": "#/components/schemas/Way"}},
             "guards": {"type": "array", "items": {"$ref": "#/components/schemas/Way"}},
             "alerts": {"type": "array", "items": {"type": "string"}},
             "drift": {"type": ["string", "null"]},
             "shadow": {"type": "boolean"}
            },
            "required": ["track", "at", "stage", "phase", "light", "since", "candidate", "work", "recorded_equal", "transitions", "guards", "alerts", "drift", "shadow"],
            "additionalProperties": false,
            "description": "`explain --json`."
           },
           "Event": {
            "type": "object",
            "properties": {
             "at": {"type": "string", "format": "date-time"},
             "kind": {
              "type": "string",
              "enum": [
               "registered",
               "command",
               "fired",
               "entered",
               "intent",
               "attempt",
               "outcome",
               "probe",
               "blocked",
               "light",
               "error",
               "drift",
               "withheld",
               "abandoned",
               "alert",
               "retired"
              ]
             }
            },
            "required": ["at", "kind"],
            "additionalProperties": true,
            "description": "One thing that happened; the kind says what else there is."
           },
           "Timeline": {
            "type": "object",
            "properties": {
             "track": {"type": "string"},
             "at": {"type": ["string", "null"], "format": "date-time"},
             "stages": {
              "type": "array",
              "items": {
               "type": "object",
               "properties": {
                "stage": {"type": "string"},
                "from": {"type": "string", "format": "date-time"},
                "until": {"type": ["string", "null"], "format": "date-time"},
                "seconds": {"type": "number"},
                "held": {
                 "type": "array",
                 "items": {
                  "type": "object",
                  "properties": {"by": {"type": "string"}, "leaf": {"type": "string"}, "seconds": {"type": "number"}},
                  "required": ["by", "leaf", "seconds"],
                  "additionalProperties": false
                 }
                }
               },
               "required": ["stage", "from", "until", "seconds", "held"],
               "additionalProperties": false
              }
             },
             "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
             "next": {"type": ["integer", "null"]}
            },
            "required": ["track", "at", "stages", "events", "next"],
            "additionalProperties": false,
            "description": "`timeline --json`, in parts where it is long."
           },
           "Decisions": {
            "type": "object",
            "properties": {
             "track": {"type": "string"},
             "decisions": {
              "type": "array",
              "items": {
               "type": "object",
               "properties": {
                "sequence": {"type": "integer"},
                "tick": {"type": "integer"},
                "at": {"type": ["string", "null"], "format": "date-time"},
                "decision": {"type": "object", "description": "The recorded decision, as the journal has it."},
                "state": {"type": "object", "description": "The state after it, as the journal has it."}
               },
               "required": ["sequence", "tick", "at", "decision", "state"],
               "additionalProperties": false
              }
             },
             "next": {"type": ["integer", "null"]}
            },
            "required": ["track", "decisions", "next"],
            "additionalProperties": false
           },
           "Series": {
            "type": "object",
            "properties": {
             "track": {"type": "string"},
             "points": {
              "type": "array",
              "items": {
               "type": "object",
               "properties": {
                "sequence": {"type": "integer"},
                "at": {"type": "string", "format": "date-time"},
                "source": {"type": "string"},
                "values": {
                 "type": "object",
                 "description": "By the facts' paths; null where the answer left one out, or spoke of another version."
                }
               },
               "required": ["sequence", "at", "source", "values"],
               "additionalProperties": false
              }
             },
             "next": {"type": ["integer", "null"]}
            },
            "required": ["track", "points", "next"],
            "additionalProperties": false
           },
           "Commands": {
            "type": "object",
            "properties": {
             "commands": {
              "type": "array",
              "items": {
               "type": "object",
               "properties": {
                "sequence": {"type": "integer"},
                "at": {"type": "string", "format": "date-time"},
                "id": {"type": "string"},
                "actor": {"type": "string"},
                "scope": {"type": "string"},
                "request": {"type": "string"},
                "arguments": {"type": "object"},
                "reason": {"type": ["string", "null"]},
                "based_on": {"type": ["integer", "null"]}
               },
               "required": ["sequence", "at", "id", "actor", "scope", "request", "arguments", "reason", "based_on"],
               "additionalProperties": false
              }
             },
             "next": {"type": ["integer", "null"]}
            },
            "required": ["commands", "next"],
            "additionalProperties": false
           },
           "Machines": {
            "type": "object",
            "properties": {
             "machines": {
              "type": "array",
              "items": {
               "type": "object",
               "properties": {
                "digest": {"type": "string"},
                "name": {"type": "string"},
                "version": {"type": "integer"},
                "tracks": {"type": "array", "items": {"type": "string"}}
               },
               "required": ["digest", "name", "version", "tracks"],
               "additionalProperties": false
              }
             }
            },
            "required": ["machines"],
            "additionalProperties": false
           },
           "Machine": {
            "type": "object",
            "properties": {"digest": {"type": "string"}, "canonical": {"type": "object"}, "source": {"type": "object"}},
            "required": ["digest", "canonical", "source"],
            "additionalProperties": false
           },
           "Source": {
            "type": "object",
            "properties": {
             "source": {"type": "string"},
             "scope": {"type": "string"},
             "every_seconds": {"type": "number"},
             "fetched_at": {"type": ["string", "null"], "format": "date-time"},
             "stale": {"type": "boolean"},
             "failure": {"type": ["string", "null"]},
             "message": {"type": ["string", "null"]},
             "failed_at": {"type": ["string", "null"], "format": "date-time"}
            },
            "required": ["source", "scope", "every_seconds", "fetched_at", "stale", "failure", "message", "failed_at"],
            "additionalProperties": false
           },
           "Health": {
            "type": "object",
            "properties": {
             "status": {"type": "string", "enum": ["starting", "ok", "late", "fault"]},
             "version": {"type": "string"},
             "engine": {"type": "string"},
             "tick": {"type": "integer"},
             "at": {"type": ["string", "null"], "format": "date-time"},
             "fault": {"type": ["string", "null"]},
             "stop": {"type": "boolean"},
             "disk_full": {"type": "boolean"},
             "reconciling": {"type": "boolean"},
             "tracks": {"type": "integer"},
             "streams": {"type": "integer"},
             "sources": {"type": "array", "items": {"$ref": "#/components/schemas/Source"}}
            },
            "required": ["status", "version", "engine", "tick", "at", "fault", "stop", "disk_full", "reconciling", "tracks", "streams", "sources"],
            "additionalProperties": false
           },
           "Problem": {
            "type": "object",
            "properties": {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}},
            "required": ["type", "title", "status", "detail"],
            "additionalProperties": false,
            "description": "RFC 9457."
           }
          },
          "responses": {
           "Problem": {"description": "A refusal, and why.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
           "ProblemPage": {"description": "A refusal, and why, as a page.", "content": {"text/html": {"schema": {"type": "string"}}}},
           "NotModified": {"description": "You have it already: the ETag that you sent is still the newest."}
          },
          "parameters": {
           "verb": {"name": "verb", "in": "path", "required": true, "schema": {"type": "string"}, "description": "What is asked for."},
           "scope": {"name": "scope", "in": "query", "required": false, "schema": {"type": "string"}, "description": "track, release or app; of all: `*`, or a scope by its name."},
           "to": {"name": "to", "in": "query", "required": false, "schema": {"type": "string"}, "description": "The stage to advance to."},
           "what": {"name": "what", "in": "query", "required": false, "schema": {"type": "string"}, "description": "The team, or the confirmation."},
           "verdict": {"name": "verdict", "in": "query", "required": false, "schema": {"type": "string"}, "description": "approved, rejected, opted_out, withdrawn."},
           "transition": {"name": "transition", "in": "query", "required": false, "schema": {"type": "string"}, "description": "A transition's name."},
           "condition": {"name": "condition", "in": "query", "required": false, "schema": {"type": "string"}, "description": "A condition's name."},
           "for": {"name": "for", "in": "query", "required": false, "schema": {"type": "string"}, "description": "For how long."},
           "until": {"name": "until", "in": "query", "required": false, "schema": {"type": "string"}, "description": "Until when."},
           "lift": {"name": "lift", "in": "query", "required": false, "schema": {"type": "string"}, "description": "Whether to end it."},
           "how": {"name": "how", "in": "query", "required": false, "schema": {"type": "string"}, "description": "stay or as_done."},
           "key": {"name": "key", "in": "query", "required": false, "schema": {"type": "string"}, "description": "An action's key."},
           "done": {"name": "done", "in": "query", "required": false, "schema": {"type": "string"}, "description": "Whether it happened."},
           "app": {"name": "app", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[A-Za-z0-9._+-]+$"}, "description": "The app."},
           "platform": {"name": "platform", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[A-Za-z0-9._+-]+$"}, "description": "The platform."},
           "light": {
            "name": "light",
            "in": "query",
            "required": false,
            "schema": {"type": "string", "enum": ["grey", "green", "yellow", "unknown", "red"]},
            "description": "Only tracks of this light."
           },
           "q": {
            "name": "q",
            "in": "query",
            "required": false,
            "schema": {"type": "string"},
            "description": "Only tracks whose name, stage or open points hold these words."
           },
           "version": {"name": "version", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[A-Za-z0-9._+-]+$"}, "description": "The version."},
           "at": {
            "name": "at",
            "in": "query",
            "required": false,
            "schema": {"type": "string", "format": "date-time"},
            "description": "As it was at this time (RFC 3339)."
           },
           "limit": {
            "name": "limit",
            "in": "query",
            "required": false,
            "schema": {"type": "integer", "minimum": 1, "maximum": 1000},
            "description": "The most entries to give."
           },
           "afterTrack": {
            "name": "after",
            "in": "query",
            "required": false,
            "schema": {"type": "string"},
            "description": "The `next` of the part before: the name of a track."
           },
           "after": {"name": "after", "in": "query", "required": false, "schema": {"type": "integer", "minimum": 0}, "description": "The `next` of the part before."}
          }
         }
        }
        """#
}
