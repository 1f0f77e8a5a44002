-- wrk sends the requests of the file in the environment variable PROOF_REQUESTS, one after
-- another, and compares each answer with what that file wants of it. An answer names its
-- request: X-Request-ID comes back, on successes (the app sees to it) as on errors.
local threads = {}

function setup(thread)
   thread:set("number", #threads + 1)
   table.insert(threads, thread)
end

function init(args)
   cases = dofile(os.getenv("PROOF_REQUESTS"))
   pause = tonumber(os.getenv("PROOF_PAUSE"))
   sent, right, wrong, samples = 0, 0, 0, ""
   math.randomseed(number * 7919)
end

function delay()
   return math.random(0, 2 * pause)
end

function request()
   sent = sent + 1
   local at = math.random(1, #cases)
   return (cases[at].data:gsub("@ID@", at .. "." .. number .. "." .. sent, 1))
end

local function fault(status, headers, body)
   local id = headers["X-Request-ID"] or ""
   local case = cases[tonumber(id:match("^(%d+)%.") or "")]
   if not case then return "no answer to any request: " .. status end
   if status ~= case.status then return case.name .. ": " .. status end
   if case.code ~= "" and not body:find('"code": ?"' .. case.code:gsub("%-", "%%-") .. '"') then
      return case.name .. ": another code"
   end
   if case.code ~= "" and not body:find(id, 1, true) then return case.name .. ": another id" end
   if body:find("s3cret", 1, true) or body:find("Traceback", 1, true) then
      return case.name .. ": tells what it must not"
   end
end

function response(status, headers, body)
   local found = fault(status, headers, body)
   if not found then right = right + 1 return end
   wrong = wrong + 1
   if wrong <= 20 then samples = samples .. found .. "; " end
end

function done(summary, latency, requests)
   local right, wrong, samples = 0, 0, ""
   for _, thread in ipairs(threads) do
      right, wrong = right + thread:get("right"), wrong + thread:get("wrong")
      samples = samples .. thread:get("samples")
   end
   local e = summary.errors
   io.write(string.format(
      "PROOF right=%d wrong=%d failed=%d p50=%d p99=%d samples=%s\n",
      right, wrong, e.connect + e.read + e.write + e.timeout,
      latency:percentile(50), latency:percentile(99), samples))
end
