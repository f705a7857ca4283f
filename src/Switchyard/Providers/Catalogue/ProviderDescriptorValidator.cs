using System.Text.RegularExpressions;
using Switchyard.Canonical;
using Switchyard.Providers.Http;

namespace Switchyard.Providers.Catalogue;

/// <summary>
/// Checks descriptors: one small check a concern, each giving messages. A unit test runs it over every entry of <c>providers.json</c>,
/// so that starting a host need not.
/// </summary>
public static partial class ProviderDescriptorValidator
{
    // Fields of OpenAI's format that a quirk may name, and rerank's: the misspelt name of one would be ignored in silence.
    private static readonly HashSet<string> ChatFields = new(StringComparer.Ordinal)
    {
        "audio", "dimensions", "encoding_format", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
        "max_completion_tokens", "max_tokens", "messages[].name", "metadata", "modalities", "n", "parallel_tool_calls", "prediction",
        "presence_penalty", "prompt_cache_key", "reasoning_effort", "response_format", "return_documents", "safety_identifier", "seed",
        "service_tier", "stop", "store", "stream_options", "temperature", "tool_choice", "tools", "top_k", "top_logprobs", "top_n", "top_p",
        "user", "verbosity", "web_search_options",
    };

    private static readonly HashSet<string> MessageFields = new(StringComparer.Ordinal)
    {
        "audio", "content", "function_call", "name", "prefix", "reasoning", "reasoning_content", "refusal", "role", "tool_call_id", "tool_calls",
    };

    private static readonly HashSet<string> Efforts = new(StringComparer.Ordinal) { "none", "minimal", "low", "medium", "high", "xhigh", "max" };

    private static readonly Func<ProviderDescriptor, IEnumerable<string>>[] Checks =
        [Names, Address, Paths, Dialects, Auth, Headers, Operations, Quirks, Clock, Features, Models];

    /// <summary>What is wrong with one entry; empty when nothing is.</summary>
    public static IReadOnlyList<string> Validate(ProviderDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return [.. Checks.SelectMany(check => check(descriptor)).Select(message => $"{descriptor.Name}: {message}")];
    }

    /// <summary>What is wrong with a set of entries, each by itself and all together; empty when nothing is.</summary>
    public static IReadOnlyList<string> ValidateAll(IReadOnlyList<ProviderDescriptor> descriptors)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        return
        [
            .. descriptors.SelectMany(Validate),
            .. Twice(descriptors.SelectMany(one => one.Aliases.Prepend(one.Name)), "the name"),
            .. Twice(descriptors.Select(one => one.Priority.ToString(System.Globalization.CultureInfo.InvariantCulture)), "the priority"),
            // One key must not enable two vendors: at least one of them would be sent a key that is not its own.
            .. Twice(descriptors.Where(one => !one.Local).SelectMany(one => one.KeyEnv), "the key variable"),
        ];
    }

    private static IEnumerable<string> Names(ProviderDescriptor one)
    {
        foreach (var name in one.Aliases.Prepend(one.Name))
        {
            if (!ProviderNames.IsValid(name) || name != ProviderNames.Normalize(name))
                yield return $"'{name}' is not a lower-case name of letters, digits, '-', '_' and '.'";
        }
    }

    private static IEnumerable<string> Address(ProviderDescriptor one)
    {
        if (one.BaseUrl is null)
        {
            if (one.Unavailable is null && !IsInProcess(one))
                yield return "has no base_url and does not say why in unavailable";
            yield break;
        }

        var placeholders = one.BaseUrls.Values.Append(one.BaseUrl).Append(one.Query).Append(one.ModelsPath)
            .SelectMany(EndpointAddress.Placeholders).Distinct().ToList();
        foreach (var name in placeholders.Where(name => !one.Variables.ContainsKey(name)))
            yield return $"no variables fill the placeholder {name}";
        foreach (var name in one.Variables.Keys.Except(placeholders))
            yield return $"variables name a placeholder {name} that no address has";
        foreach (var variable in one.Variables.Values.SelectMany(names => names).Where(variable => !VariableName().IsMatch(variable)))
            yield return $"'{variable}' is not the name of an environment variable";
        foreach (var (name, written) in one.BaseUrls.Select(pair => ($"base_urls.{pair.Key}", pair.Value)).Prepend(("base_url", one.BaseUrl)))
        {
            if (AddressProblem(written, one.Local) is { } problem)
                yield return $"{name} {problem}";
        }

        if (one.ModelsPath is { } path && !path.StartsWith('/') && !path.StartsWith("https://", StringComparison.Ordinal))
            yield return "models_path is neither a path nor an https address";
    }

    private static string? AddressProblem(string written, bool local)
    {
        var filled = Placeholder().Replace(written, match => match.Index == 0 ? "https://example.com" : "x");
        if (!Uri.TryCreate(filled, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return "is not an http or https address";
        if (uri.Scheme == "http" && !(local && uri.IsLoopback))
            return "sends a key in the clear";
        return filled.EndsWith('/') || uri.Query.Length > 0 || uri.UserInfo.Length > 0 ? "must not end in a slash, nor hold a query or a user name" : null;
    }

    private static IEnumerable<string> Paths(ProviderDescriptor one)
    {
        foreach (var (operation, path) in one.Paths)
        {
            if (!OperationNames.IsOne(operation))
                yield return $"paths name '{operation}', which is not an operation";
            if (!path.StartsWith('/') || EndpointAddress.Placeholders(path).Any(name => name != "model"))
                yield return $"paths.{operation} must begin with a slash and have no placeholder but model";
        }

        foreach (var dialect in one.BaseUrls.Keys.Where(dialect => !one.Dialects.Skip(1).Contains(dialect, StringComparer.Ordinal)))
            yield return $"base_urls name '{dialect}', which is not one of its further dialects";
        if (one.Query is { } query && (query.Length == 0 || query[0] is '?' or '&'))
            yield return "query stands without its question mark";
    }

    private static IEnumerable<string> Dialects(ProviderDescriptor one)
    {
        if (one.Dialects.Count == 0)
            yield return "speaks no dialect";
        foreach (var dialect in one.Dialects.Where(dialect => !DialectName().IsMatch(dialect)))
            yield return $"'{dialect}' is not the name of a dialect";
    }

    private static IEnumerable<string> Auth(ProviderDescriptor one)
    {
        if (one.Auth.Scheme == ProviderAuthScheme.Header ? one.Auth.Header is null : one.Auth.Header is not null && one.Auth.Scheme != ProviderAuthScheme.Cloud)
            yield return "auth.header goes with the scheme header, and with cloud where a key has a header of its own";
        if ((one.Auth.Scheme == ProviderAuthScheme.Cloud) != (one.Auth.Credential is not null))
            yield return "auth.credential goes with the scheme cloud, and only with it";
        if (one.Auth is { Credential: null, Scope: not null })
            yield return "auth.scope says what a credential is for, and there is none";
        if (one.RequiresApiKey && one.KeyEnv.Count == 0)
            yield return "needs a key but names no variable for it";
        if (one.Auth.Scheme == ProviderAuthScheme.None && one.KeyEnv.Count > 0)
            yield return "takes no key but names a variable for one";
        foreach (var variable in one.KeyEnv.Where(variable => !VariableName().IsMatch(variable)))
            yield return $"'{variable}' is not the name of an environment variable";
    }

    private static IEnumerable<string> Headers(ProviderDescriptor one) =>
        one.Headers.Keys.Where(name => name.Equals("Authorization", StringComparison.OrdinalIgnoreCase))
            .Select(_ => "a credential does not belong into the catalogue");

    private static IEnumerable<string> Operations(ProviderDescriptor one)
    {
        if (one.Operations.Count == 0)
            yield return "serves no operation";
        foreach (var operation in one.Operations.Where(operation => !Enum.IsDefined(operation)))
            yield return $"{operation} is not an operation";
    }

    private static IEnumerable<string> Quirks(ProviderDescriptor one)
    {
        if (one.Quirks.MaxTokensField is not ("max_tokens" or "max_completion_tokens"))
            yield return $"max_tokens_field cannot be '{one.Quirks.MaxTokensField}'";
        foreach (var field in one.Quirks.UnsupportedParams.Concat(one.Quirks.RenamedParams.Keys).Where(field => !ChatFields.Contains(field)))
            yield return $"quirks name '{field}', which is not a chat field";
        foreach (var field in one.Quirks.UnsupportedParams.Intersect(one.Quirks.RenamedParams.Keys))
            yield return $"'{field}' is both unsupported and renamed";
        // Shorter ids would soon be the same for different calls; longer ones are more than a hash gives.
        if (one.Quirks.ToolCallIdLength is < 8 or > 64)
            yield return $"tool_call_id_length cannot be {one.Quirks.ToolCallIdLength}";
        if (one.Quirks.RequiredToolChoice is not ("required" or "any"))
            yield return $"required_tool_choice cannot be '{one.Quirks.RequiredToolChoice}'";
        foreach (var field in one.Quirks.MessageFields.Where(field => !MessageFields.Contains(field)))
            yield return $"message_fields name '{field}', which is no member of a message";
        if (one.Quirks.MessageFields.Count > 0 && !(one.Quirks.MessageFields.Contains("role") && one.Quirks.MessageFields.Contains("content")))
            yield return "message_fields leave out the role or the content";
        foreach (var effort in one.Quirks.ReasoningEfforts.Where(effort => !Efforts.Contains(effort)))
            yield return $"'{effort}' is not a reasoning effort";
    }

    private static IEnumerable<string> Clock(ProviderDescriptor one) =>
        one.FirstTokenTimeout < ProviderSettingsValidator.MinTimeout ? ["timeout must be at least 1 second"] : [];

    private static IEnumerable<string> Features(ProviderDescriptor one) =>
        one.Features.Where(feature => !ProviderFeatures.All.Contains(feature)).Select(feature => $"'{feature}' is not a feature");

    private static IEnumerable<string> Models(ProviderDescriptor one) =>
        one.ModelPatterns.Concat(one.Models).Where(text => string.IsNullOrWhiteSpace(text) || text != text.Trim())
            .Select(text => $"'{text}' is not a model or a pattern of models");

    private static bool IsInProcess(ProviderDescriptor one) => one.Dialects is [var only] && only == DialectId.Canonical.Value;

    private static IEnumerable<string> Twice(IEnumerable<string> values, string what) =>
        values.GroupBy(value => value, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1)
            .Select(group => $"{what} {group.Key} is used {group.Count()} times");

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();

    [GeneratedRegex("^[A-Z][A-Z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex VariableName();

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex DialectName();
}
