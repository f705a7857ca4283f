namespace Switchyard.Server.Importing.Bifrost;

/// <summary>The other settings: the client section, the administrator, the database of the logs, plugins.</summary>
internal sealed class BifrostSettings(ImportJob job)
{
    private static readonly Dictionary<string, string> s_builtIn = new(StringComparer.Ordinal)
    {
        ["governance"] = "keys, tenants, limits and budgets are built in",
        ["telemetry"] = "calls are counted and served at /metrics by default",
        ["prometheus"] = "calls are counted and served at /metrics by default",
        ["otel"] = "OTEL_EXPORTER_OTLP_ENDPOINT sets where traces and metrics are sent",
        ["logging"] = "calls are kept in the ledger, without their contents",
        ["semantic_cache"] = "answers are found by equal requests, not by similar ones",
        ["semanticcache"] = "answers are found by equal requests, not by similar ones",
    };

    public void Map()
    {
        var client = job.Root["client"];
        foreach (var origin in ImportJob.Items(client?["allowed_origins"]))
        {
            if (ImportJob.Text(origin) is not { } page)
                continue;
            job.Claim(origin);
            job.Draft.At("server", "cors", "origins").Append().Set(Variables.Escape(page), origin);
        }

        Required(client?["enforce_auth_on_inference"]);
        Required(client?["enforce_governance_header"]);
        if (client?["drop_excess_requests"] is { } drop && ImportJob.Flag(drop) is { } drops)
        {
            job.Claim(drop);
            if (drops)
                job.Draft.At("routing", "queue").Replace("0", drop);
        }

        Ledger(client?["log_retention_days"]);
        Administrator(job.Root["governance"]?["auth_config"]);
        Administrator(job.Root["auth_config"]);
        foreach (var plugin in ImportJob.Items(job.Root["plugins"]).Where(each => each.Kind == SourceKind.Map))
            Plugin(plugin);
    }

    private void Required(SourceNode? required)
    {
        if (ImportJob.Flag(required) is not { } isRequired)
            return;
        job.Claim(required);
        if (isRequired)
            job.Draft.At("server", "require_keys").Set("true", required);
    }

    private void Ledger(SourceNode? days)
    {
        var logs = job.Root["logs_store"];
        var isThere = ImportJob.Flag(logs?["enabled"]) == true;
        job.Claim(logs?["enabled"]);
        if (isThere)
        {
            var type = logs!["type"];
            job.Claim(ImportJob.Text(type) is null ? null : type);
            job.Draft.At("storage", "ledger").Set(
                type?.Text == "postgres" ? job.Variables.Own("SWITCHYARD_LEDGER", type, VariableKind.Ledger) : "sqlite:switchyard.db",
                    type ?? logs["enabled"]);
        }

        if (days is not null && !isThere)
            ImportJob.Refuse(days, "there is no ledger to delete calls from");
        else
            job.Put(days, Form.Days, "storage", "retention");
    }

    private void Administrator(SourceNode? administrator)
    {
        if (administrator is not { Kind: SourceKind.Map })
            return;
        var isEnabled = ImportJob.Flag(administrator["is_enabled"]);
        job.Claim(isEnabled is null ? null : administrator["is_enabled"]);
        if (administrator["admin_password"] is not { } password || ImportJob.Text(password) is null)
            return;
        job.Claim(password);
        if (isEnabled == true)
            job.Draft.At("admin", "key").Set(job.Variables.Secret(password, "SWITCHYARD_ADMIN_KEY"), password);
    }

    private void Plugin(SourceNode plugin)
    {
        if (ImportJob.Text(plugin["name"]) is not { } name || !s_builtIn.TryGetValue(name, out var instead))
        {
            ImportJob.Refuse(plugin, "plugins are different here: docs/plugins.md");
            return;
        }

        job.Near(plugin["name"], instead);
        var isEnabled = ImportJob.Flag(plugin["enabled"]) != false;
        if (isEnabled)
            Required(plugin["config"]?["is_vk_mandatory"]);
        if (!isEnabled || !name.StartsWith("semantic", StringComparison.Ordinal))
            return;
        job.Draft.At("cache", "enabled").Set("true", plugin["name"]);
        var ttl = plugin["config"]?.Any("ttl", "ttl_seconds");
        if (ttl is { Kind: SourceKind.Text } && Periods.Read(ttl.Text) is { } period)
        {
            job.Claim(ttl);
            job.Draft.At("cache", "ttl").Set(ImportJob.Duration((decimal)period.TotalMilliseconds), ttl);
        }
        else
        {
            job.Put(ttl, Form.Seconds, "cache", "ttl");
        }
    }
}
