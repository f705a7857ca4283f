using System.Globalization;
using System.Text.RegularExpressions;

namespace Switchyard.Server.Importing.Bifrost;

/// <summary>Routing rules that only test the model's name become aliases of that name; price overrides become prices.</summary>
internal sealed partial class BifrostRules(ImportJob job)
{
    private static readonly Dictionary<string, string> s_prices = new(StringComparer.Ordinal)
    {
        ["input_cost_per_token"] = "input",
        ["output_cost_per_token"] = "output",
        ["cache_read_input_token_cost"] = "cache_read",
        ["cache_creation_input_token_cost"] = "cache_write",
        ["input_cost_per_audio_token"] = "audio_input",
        ["output_cost_per_audio_token"] = "audio_output",
    };

    [GeneratedRegex("""^\s*model\s*==\s*(["'])(?<model>[^"'\\]+)\1\s*$""", RegexOptions.CultureInvariant)]
    private static partial Regex ModelRule { get; }

    public void Map()
    {
        foreach (var rule in ImportJob.Items(job.Root["governance"]?["routing_rules"]).OrderBy(rule => ImportJob.Number(rule["priority"])
            ?? 0))
            Rule(rule);
        foreach (var price in ImportJob.Items(job.Root["governance"]?["pricing_overrides"]))
            Price(price);
    }

    private void Rule(SourceNode rule)
    {
        var expression = ImportJob.Text(rule["cel_expression"]);
        if (ImportJob.Flag(rule["enabled"]) == false)
        {
            ImportJob.Refuse(rule, "it is not enabled, so it is left out");
            return;
        }

        if (expression is null || ModelRule.Match(expression) is not { Success: true } match)
        {
            ImportJob.Refuse(rule,
                "calls are not routed by their content: a rule that asks for model == \"name\" alone becomes an alias");
            return;
        }

        var name = match.Groups["model"].Value;
        if ((rule["scope"] is { } scope && scope.Text != "global") || job.Aliases.Find(name) is not null)
        {
            ImportJob.Refuse(rule, "an alias applies to every caller, and its name is unique");
            return;
        }

        job.Claim(rule["cel_expression"]);
        job.Claim(rule["enabled"]);
        job.Claim(rule["scope"]);
        var alias = job.Aliases.At(name);
        alias.Strategy = ("weighted", null);
        foreach (var target in ImportJob.Items(rule["targets"]).Where(each => each.Kind == SourceKind.Map))
            Target(target, name, alias);
        foreach (var fallback in ImportJob.Items(rule["fallbacks"]))
        {
            if (ImportJob.Text(fallback) is not { } model)
                continue;
            var slash = model.IndexOf('/', StringComparison.Ordinal);
            job.Claim(fallback);
            alias.AddFallbacks([new(slash < 0 ? $"{model}/{name}" : model, null)], fallback);
        }
    }

    private void Target(SourceNode target, string name, AliasDraft alias)
    {
        if (ImportJob.Text(target["provider"]) is not { } provider)
        {
            ImportJob.Refuse(target, "a target is a provider and a model");
            return;
        }

        var weight = ImportJob.Number(target["weight"]);
        if (weight is < 0 or > 1_000_000_000)
        {
            ImportJob.Refuse(target["weight"], "a weight must not be negative");
            weight = null;
        }

        job.Claim(target["provider"]);
        job.Claim(ImportJob.Text(target["model"]) is null ? null : target["model"]);
        job.Claim(weight is null ? null : target["weight"]);
        alias.Targets.Add(new($"{provider}/{ImportJob.Text(target["model"]) ?? name}", weight, target["provider"], target["model"],
            target["weight"]));
    }

    private void Price(SourceNode price)
    {
        var pattern = price.Any("pattern", "model_pattern");
        var vendor = price.Any("provider_id", "provider");
        var match = ImportJob.Text(price["match_type"]) ?? "exact";
        if (ImportJob.Text(pattern) is not { } model || match is not "exact" and not "wildcard" and not "prefix"
            || price.Any("virtual_key_id", "provider_key_id") is not null)
        {
            ImportJob.Refuse(price, "a price is for a model, or a pattern with *, and for every caller");
            return;
        }

        job.Claim(pattern);
        job.Claim(vendor);
        job.Claim(price["match_type"]);
        var name = $"{ImportJob.Text(vendor) ?? "*"}/{model}{(match == "prefix" ? "*" : "")}";
        foreach (var rate in price.Children.Concat(ImportJob.Entries(price["patch"])))
        {
            if (!s_prices.TryGetValue(rate.Name, out var ours) || ImportJob.Number(rate) is not { } perToken)
                continue;
            if (perToken is < 0 or > 1)
            {
                ImportJob.Refuse(rate, "it is out of range for the price of a token");
                continue;
            }

            job.Claim(rate);
            job.Draft.At("prices", name, ours).Set((perToken * 1_000_000m).ToString("0.############", CultureInfo.InvariantCulture), rate);
        }

        if (job.Draft.Find("prices")?.Find(name) is not { } prices)
            return;
        foreach (var needed in (string[])["input", "output"])
        {
            if (prices.Find(needed) is null)
                prices.At(needed).Set("0", prices.Entries.SelectMany(each => each.Node.Sources));
        }
    }
}
