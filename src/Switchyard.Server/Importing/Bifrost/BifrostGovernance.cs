using System.Globalization;

namespace Switchyard.Server.Importing.Bifrost;

/// <summary>Virtual keys are keys, teams and customers are tenants; the budgets and rate limits that they refer to are theirs.</summary>
internal sealed class BifrostGovernance(ImportJob job)
{
    private readonly SourceNode? _rules = job.Root["governance"];
    private readonly Dictionary<string, string> _tenants = new(StringComparer.Ordinal);

    public void Map()
    {
        foreach (var customer in All("customers"))
            Tenant(customer, "");
        foreach (var team in All("teams"))
        {
            var above = ImportJob.Text(team["customer_id"]) is { } id && _tenants.TryGetValue(id, out var known) ? $"{known}/" : "";
            if (team["customer_id"] is { } reference)
                Resolved(reference, above.Length > 0);
            Tenant(team, above);
        }

        foreach (var key in All("virtual_keys"))
            Key(key);
        foreach (var provider in All("providers"))
            Bounded(provider, ImportJob.Text(provider["name"]), null);
        foreach (var model in All("model_configs"))
            Bounded(model, ImportJob.Text(model["provider"]), model["model_name"]);
    }

    private IEnumerable<SourceNode> All(string list) =>
        ImportJob.Items(_rules?[list]).Where(node => node.Kind == SourceKind.Map);

    private void Tenant(SourceNode node, string above)
    {
        if (ImportJob.Text(node["name"] ?? node["id"]) is not { } name)
            return;
        job.Claim(node["name"]);
        var tenant = above + Legal(name);
        if (node["id"] is { Kind: SourceKind.Text } id)
            _tenants[id.Text] = tenant;
        var draft = job.Draft.At("tenants", tenant);
        draft.At("enabled").Set("true", node["name"] ?? node["id"]);
        Limits(node["rate_limit_id"], draft.At("limits"));
        Budgets(node, draft.At("budget"), node["id"], node["name"]?.Parent?.Pattern.Contains("teams", StringComparison.Ordinal) == true
            ? "team_id" : "customer_id");
    }

    private void Key(SourceNode node)
    {
        if (ImportJob.Text(node["name"] ?? node["id"]) is not { } name)
            return;
        if (node["value"] is not { } value || ImportJob.Text(value) is null)
        {
            ImportJob.Refuse(node, "its value was made by Bifrost and is not in the file: make a new one with `switchyard keys`");
            return;
        }

        job.Claim(node["name"]);
        job.Claim(value);
        var key = job.Draft.At("keys", Legal(name));
        key.At("key").Set(job.Variables.Secret(value, $"{name}_KEY"), value, node["name"]);
        if (ImportJob.Flag(node["is_active"]) is { } isActive)
        {
            job.Claim(node["is_active"]);
            if (!isActive)
                key.At("enabled").Set("false", node["is_active"]);
        }

        job.Put(node["expires_at"], Form.Text, "keys", Legal(name), "expires");
        if (node.Any("team_id", "customer_id") is { } owner)
        {
            var isKnown = _tenants.TryGetValue(owner.Text, out var tenant);
            Resolved(owner, isKnown);
            if (isKnown)
                key.At("tenant").Set(tenant!, owner);
        }

        Models(node, key);
        Limits(node["rate_limit_id"], key.At("limits"));
        Budgets(node, key.At("budget"), node["id"], "virtual_key_id");
    }

    /// <summary>The models that a key may call. An empty list allows nothing in Bifrost, everything here: such a key is disabled.</summary>
    private void Models(SourceNode node, DraftNode key)
    {
        var isOld = job.Root["version"]?.Text == "1";
        var allowed = new List<(string Model, SourceNode Source)>();
        var configs = ImportJob.Items(node["provider_configs"]);
        foreach (var config in configs)
        {
            if (ImportJob.Text(config["provider"]) is not { } provider)
                continue;
            job.Claim(config["provider"]);
            var models = ImportJob.Items(config["allowed_models"]);
            foreach (var model in models)
            {
                if (ImportJob.Text(model) is not { } name)
                    continue;
                job.Claim(model);
                allowed.Add(($"{provider}/{name}", model));
            }

            if (config["allowed_models"] is null || (models.Count == 0 && isOld))
                allowed.Add(($"{provider}/*", config["provider"]!));
            foreach (var reserved in ImportJob.Items(config["key_ids"]).Where(id => id.Text == "*"))
                reserved.Claim(Outcome.Exact, "keys.<name>.models", null);
        }

        foreach (var (model, source) in allowed.DistinctBy(each => each.Model))
            key.At("models").Append().Set(Variables.Escape(model), source);
        if (allowed.Count > 0 || (isOld && configs.Count == 0))
            return;
        key.At("enabled").Set("false", node["name"]);
        job.Near(node["name"], "it may call nothing there, so it is not enabled here: name its models, then enable it");
    }

    /// <summary>Limits and budgets of a provider or a model.</summary>
    private void Bounded(SourceNode node, string? provider, SourceNode? model)
    {
        var name = ImportJob.Text(model);
        if (provider is null || (model is not null && name is null) || job.Draft.Find("providers")?.Find(provider) is null)
        {
            ImportJob.Refuse(node, "a limit must be for an imported provider, or one of its models");
            return;
        }

        job.Claim(node[model is null ? "name" : "provider"]);
        job.Claim(model);
        if (node["scope"] is { } scope && ImportJob.Text(scope) != "global")
        {
            ImportJob.Refuse(node, "the limits of a key apply to all models that it may use");
            return;
        }

        var target = name is null or "*" ? provider : $"{provider}/{name}";
        Limits(node["rate_limit_id"], job.Draft.At("limits", target));
        foreach (var id in ImportJob.Items(node["budget_ids"]).Append(node["budget_id"]).OfType<SourceNode>())
        {
            var draft = job.Draft.At("budgets", Legal(id.Text));
            if (Budget(id, draft) && name is null or "*")
                draft.At("provider").Set(provider, id);
            else
                draft.At("model").Set(target, id);
        }
    }

    private void Limits(SourceNode? id, DraftNode draft)
    {
        if (id is null)
            return;
        var limit = All("rate_limits").FirstOrDefault(each => each["id"]?.Text == id.Text);
        Resolved(id, limit is not null);
        if (limit is null)
            return;
        foreach (var (kind, minute, day, other) in new[]
        {
            ("request", "rpm", "rpd", "requests"), ("token", "tpm", "tpd", "tokens"),
        })
        {
            var (most, period) = (limit[$"{kind}_max_limit"], limit[$"{kind}_reset_duration"]);
            if (job.Value(most, Form.Count) is not { } number)
                continue;
            if (Periods.Read(ImportJob.Text(period) ?? "1m") is not { } span)
            {
                ImportJob.Refuse(period, "a period such as 1m, 1h or 1d is expected here");
                continue;
            }

            job.Claim(most);
            job.Claim(period);
            var name = span.TotalMinutes == 1 ? minute : span.TotalDays == 1 ? day : other;
            draft.At(name).Set(number, most);
            if (name == other && !draft.At("window").Set(ImportJob.Duration((decimal)span.TotalMilliseconds), period))
                ImportJob.Refuse(period, "requests and tokens have one window");
        }
    }

    private void Budgets(SourceNode owner, DraftNode draft, SourceNode? id, string reference)
    {
        if (owner["budget_id"] is { } named)
            Budget(named, draft);
        foreach (var budget in ImportJob.Items(owner["budgets"]).Concat(
            All("budgets").Where(each => id is not null && each[reference]?.Text == id.Text)))
        {
            job.Claim(budget[reference]);
            if (draft.IsEmpty)
                Amount(budget, draft);
            else
                ImportJob.Refuse(budget, "a key or a tenant has one budget of its own; name further ones under budgets");
        }
    }

    private bool Budget(SourceNode id, DraftNode draft)
    {
        var budget = All("budgets").FirstOrDefault(each => each["id"]?.Text == id.Text);
        Resolved(id, budget is not null);
        if (budget is not null && draft.IsEmpty)
            Amount(budget, draft);
        return budget is not null;
    }

    private void Amount(SourceNode budget, DraftNode draft)
    {
        var (most, period) = (budget["max_limit"], budget["reset_duration"]);
        if (most is null || ImportJob.Number(most) is not (> 0 and < 1_000_000_000))
        {
            ImportJob.Refuse(most, "a budget must be above 0");
            return;
        }

        job.Claim(most);
        draft.At("usd").Set(ImportJob.Number(most)!.Value.ToString("0.######", CultureInfo.InvariantCulture), most);
        if (Periods.Budget(ImportJob.Text(period), ImportJob.Flag(budget["calendar_aligned"]) == true) is not var (written, isExact))
        {
            ImportJob.Refuse(period, "a period such as 1d, 1w or 1M is expected here");
            return;
        }

        draft.At("period").Set(written, period);
        if (isExact)
            period!.Claim(Outcome.Exact, "budget.period", null);
        else
            job.Near(period, written == "month"
                ? "the period is a month of the calendar, not one that began with the budget"
                : "the period is a sliding window, not one with a fixed start");
    }

    private void Resolved(SourceNode reference, bool isKnown)
    {
        if (isKnown)
            job.Claim(reference);
        else
            ImportJob.Refuse(reference, "nothing has this id");
    }

    /// <summary>Text as the name of a key or a tenant.</summary>
    private static string Legal(string text)
    {
        var name = string.Concat(text.Trim().Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter
            : '-')).Trim('-');
        return name.Length == 0 ? "unnamed" : name[..Math.Min(100, name.Length)];
    }
}
