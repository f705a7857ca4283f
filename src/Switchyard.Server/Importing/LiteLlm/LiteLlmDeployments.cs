using System.Globalization;
using System.IO.Enumeration;

namespace Switchyard.Server.Importing.LiteLlm;

/// <summary>A LiteLLM deployment and the target made of it.</summary>
/// <param name="Entry">Its entry of <c>model_list</c>.</param>
/// <param name="Target">The target.</param>
/// <param name="Order">Its rank in the group; the lowest is tried first.</param>
internal sealed record LiteLlmDeployment(SourceNode Entry, TargetDraft Target, decimal Order);

/// <summary><c>model_list</c>: each deployment becomes a provider and a target, with its limits and prices.</summary>
internal sealed class LiteLlmDeployments(ImportJob job)
{
    private static readonly (string Theirs, string Ours)[] s_prices =
    [
        ("input_cost_per_token", "input"), ("output_cost_per_token", "output"), ("cache_read_input_token_cost", "cache_read"),
        ("cache_creation_input_token_cost", "cache_write"), ("input_cost_per_audio_token", "audio_input"),
        ("output_cost_per_audio_token", "audio_output"), ("output_cost_per_reasoning_token", "reasoning"),
    ];

    private readonly List<(string Group, LiteLlmDeployment Deployment)> _found = [];
    private readonly List<(string Pattern, int Prefix, string Provider)> _wildcards = [];
    private readonly LiteLlmBudgets _budgets = new(job);

    /// <returns>The deployments by the model name that clients send.</returns>
    public ILookup<string, LiteLlmDeployment> Map()
    {
        // Wildcards first: their prefix, which clients send, is the name of the provider.
        var entries = ImportJob.Items(job.Root["model_list"]);
        foreach (var entry in entries.OrderBy(entry => !(entry["model_name"]?.Text.Contains('*', StringComparison.Ordinal) ?? false)))
            Add(entry);
        return _found.OrderBy(pair => pair.Deployment.Entry.Line).ToLookup(
            pair => pair.Group, pair => pair.Deployment, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The target of a name that only a wildcard provides; null if none does.</summary>
    public string? Wildcard(string name)
    {
        // A pattern in its place would become a model whose name has an asterisk.
        if (name.Contains('*', StringComparison.Ordinal))
            return null;
        // Of several patterns the longest, as in LiteLLM.
        foreach (var (pattern, prefix, provider) in _wildcards.OrderByDescending(each => each.Pattern.Length))
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, name))
                return $"{provider}/{name[prefix..]}";
        }

        return null;
    }

    private void Add(SourceNode entry)
    {
        var parameters = new LiteLlmParameters(job, entry);
        if (ImportJob.Text(entry["model_name"]) is not { } group || ImportJob.Text(parameters["model"]) is not { } model)
        {
            ImportJob.Refuse(entry, "a deployment has a model_name and a litellm_params.model");
            return;
        }

        if (job.Variables.NameIn(parameters["model"]!) is not null)
        {
            ImportJob.Refuse(entry, "its model is in an environment variable, and a target's model is written in the file here");
            return;
        }

        if (group == "*" && model == "*" && (parameters["custom_llm_provider"] ?? parameters["api_base"]) is null)
        {
            AddAllVendors(entry, parameters);
            return;
        }

        if (parameters.Provider(model) is not var (draft, name))
        {
            ImportJob.Refuse(entry,
                "there is no provider of this kind here; one with OpenAI's format can be added with api_base");
            return;
        }

        job.Claim(entry["model_name"]);
        if (group.Contains('*', StringComparison.Ordinal) || name.Contains('*', StringComparison.Ordinal))
            AddWildcard(entry, parameters, draft, group, name);
        else
            AddTarget(entry, parameters, group, $"{job.Providers.Add(draft)}/{name}");
    }

    /// <summary>All of LiteLLM's vendors, each with the key in its usual variable.</summary>
    private void AddAllVendors(SourceNode entry, LiteLlmParameters parameters)
    {
        job.Draft.At("auto_enable").Set("true", entry["model_name"], parameters["model"]);
        job.Near(entry["model_name"],
            "providers whose usual key variable is set are enabled; clients write provider/model, or a name by which one is known");
        job.Claim(parameters["model"]);
    }

    /// <summary>A deployment of one model becomes a target of its alias.</summary>
    private void AddTarget(SourceNode entry, LiteLlmParameters parameters, string group, string target)
    {
        var weight = parameters["weight"];
        job.Claim(parameters["model"]);
        AddLimits(entry, parameters, target);
        AddPrices(entry, parameters, target);
        if ((parameters["max_budget"] ?? parameters["budget_duration"]) is not null)
            _budgets.Put(parameters["max_budget"], parameters["budget_duration"], ProviderDrafts.Legal(target), ("model", target));
        job.Claim(ImportJob.Number(weight) is null ? null : weight);
        var order = parameters["order"];
        _found.Add((group, new(
            entry,
            new(target, weight?.Finding?.Outcome == Outcome.Refused ? null : ImportJob.Number(weight), parameters["model"], weight, order),
            ImportJob.Number(order) ?? decimal.MaxValue)));
    }

    /// <summary>
    /// <c>vendor/*</c> becomes a provider of that name, without an alias; <c>*</c> the default provider for bare names. A pattern such as
    /// <c>claude-*</c> becomes the provider if bare names that match it go to this vendor anyway.
    /// </summary>
    private void AddWildcard(SourceNode entry, LiteLlmParameters parameters, ProviderDraft draft, string group, string model)
    {
        var slash = group.IndexOf('/', StringComparison.Ordinal);
        var (prefix, pattern) = slash > 0 ? (group[..slash], group[(slash + 1)..]) : ("", group);
        var isName = prefix.Length > 0 && ProviderDrafts.Legal(prefix).Equals(prefix, StringComparison.OrdinalIgnoreCase);
        var isKnown = prefix.Length == 0 && draft.Vendor is { } vendor
            && Vendors.OfModel(pattern.Replace('*', '0')) == vendor;
        if (model != pattern || (group != "*" && !isName && !isKnown))
        {
            ImportJob.Refuse(entry,
                "of names with '*' only vendor/* and * alone are supported, and patterns of bare names by which a vendor is known");
            return;
        }

        if (prefix.Length > 0)
            draft.Wanted = prefix;
        var provider = job.Providers.Add(draft);
        _wildcards.Add((group, slash + 1, provider));
        if (prefix.Length > 0 && !provider.Equals(prefix, StringComparison.OrdinalIgnoreCase))
            job.Near(entry["model_name"], $"clients write {provider}/ before the model's name");
        if (group == "*")
        {
            job.Draft.At("default_provider").Set(provider, entry["model_name"]);
            job.Near(entry["model_name"], "bare model names that no other provider is known for go to this one");
        }
        else if (prefix.Length == 0)
        {
            job.Near(entry["model_name"], "bare model names by which the vendor is known go to this provider");
        }

        job.Claim(parameters["model"]);
        if (pattern != "*")
            job.Near(parameters["model"], "every model of the provider can be called, not only those of the pattern");
        AddLimits(entry, parameters, provider);
    }

    private void AddLimits(SourceNode entry, LiteLlmParameters parameters, string target)
    {
        foreach (var name in (string[])["rpm", "tpm"])
            job.Put(parameters[name] ?? entry[name], Form.Count, "limits", target, name);
    }

    private void AddPrices(SourceNode entry, LiteLlmParameters parameters, string target)
    {
        foreach (var (theirs, ours) in s_prices)
        {
            var source = parameters[theirs] ?? entry["model_info"]?[theirs];
            if (ImportJob.Number(source) is not { } perToken)
                continue;
            if (perToken is < 0 or > 1)
            {
                ImportJob.Refuse(source, "it is out of range for the price of a token");
                continue;
            }

            var price = (perToken * 1_000_000m).ToString("0.############", CultureInfo.InvariantCulture);
            job.Claim(source);
            if (!job.Draft.At("prices", target, ours).Set(price, source))
                ImportJob.Refuse(source, "another deployment of the same model has another price");
        }

        if (job.Draft.Find("prices")?.Find(target) is not { } prices)
            return;
        foreach (var needed in (string[])["input", "output"])
        {
            if (prices.Find(needed) is null)
                prices.At(needed).Set("0", prices.Entries.SelectMany(price => price.Node.Sources));
        }
    }
}
