-- One shape for every record: message, severity, trace ids, and whatever else a program wrote under `fields`, so that no
-- program's choice of names or types can clash with another's in an index.

local SEVERITIES = {
  trace = "trace", debug = "debug", debug1 = "debug", debug2 = "debug", debug3 = "debug", debug4 = "debug", debug5 = "debug",
  info = "info", information = "info", log = "info", notice = "info", statement = "info", detail = "info", hint = "info", context = "info",
  warn = "warn", warning = "warn", error = "error", err = "error", fatal = "fatal", critical = "fatal", panic = "fatal",
  -- Redis: debug, verbose, notice, warning. Its start is written as a warning too.
  ["."] = "debug", ["-"] = "debug", ["*"] = "info", ["#"] = "warn",
  -- The journal's priorities.
  ["0"] = "fatal", ["1"] = "fatal", ["2"] = "fatal", ["3"] = "error", ["4"] = "warn", ["5"] = "info", ["6"] = "info", ["7"] = "debug",
}

-- Everything that is a field of its own in the index; the rest goes under `fields`.
local KEPT = {
  message = true, severity = true, trace_id = true, span_id = true, trace_flags = true, target = true, timestamp = true,
  stream = true, kubernetes = true, node = true, unit = true,
}

local function take(record, ...)
  for _, name in ipairs({ ... }) do
    local value = record[name]
    if value ~= nil then
      record[name] = nil
      return value
    end
  end
end

local function severity_of(record)
  local level = take(record, "severity", "level", "lvl", "severityText", "priority")
  if level ~= nil then
    return SEVERITIES[string.lower(tostring(level))] or "unknown"
  end
  local text = tostring(record.log or record.message or "")
  if text:match("^thread .+ panicked at ") or text:match("^fatal runtime error: ") then
    return "fatal"
  end
  return "unknown"
end

-- 32 and 16 hexadecimal digits that are not all zero, in small letters; anything else would be found by no look-up.
local function id_of(value, length)
  local text = type(value) == "string" and value:lower() or ""
  if #text == length and text:match("^%x+$") and not text:match("^0+$") then
    return text
  end
end

-- Docker knows no pods: the part of the compose file takes the place of the container's name.
local function docker(record)
  local attributes = take(record, "attrs")
  if type(attributes) ~= "table" then
    return
  end
  local name = attributes["com.docker.compose.service"]
  if name ~= nil and record.kubernetes == nil then
    record.kubernetes = { namespace_name = "compose", pod_name = name, container_name = name }
  end
end

function record(tag, timestamp, record)
  docker(record)
  take(record, "_p")
  local severity = severity_of(record)
  local text = take(record, "message", "msg", "log")
  record.node = take(record, "hostname", "node")
  record.unit = take(record, "systemd_unit", "unit")
  -- What the program says of the time; the runtime's own is the record's.
  record.timestamp = take(record, "timestamp", "ts") or record.time
  record.time = nil
  local trace_id = id_of(take(record, "trace_id", "traceId", "TraceId", "traceID"), 32)
  local span_id = id_of(take(record, "span_id", "spanId", "SpanId", "spanID"), 16)

  local made, fields, some = {}, {}, false
  for name, value in pairs(record) do
    if KEPT[name] then
      made[name] = value
    else
      fields[name], some = value, true
    end
  end
  made.message = text == nil and "" or (tostring(text):gsub("%s+$", ""))
  made.severity = severity
  made.trace_id, made.span_id = trace_id, span_id
  if some then
    made.fields = fields
  end
  -- 2: the record is another, its time is the same.
  return 2, timestamp, made
end
