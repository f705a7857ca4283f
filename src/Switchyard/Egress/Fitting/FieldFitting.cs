using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Egress.Fitting;

/// <summary>Leaves out of a request the fields that the model's facts say it refuses.</summary>
internal static class FieldFitting
{
    // OpenAI chat's names, under which facts and losses name fields; the other names are those of the formats that are forwarded.
    private const string Stop = "stop";
    private const string ToolChoice = "tool_choice";
    private const string StopOfAnthropic = "stop_sequences";

    private static readonly string[] s_fields =
        ["temperature", "top_p", "top_k", Stop, "frequency_penalty", "presence_penalty", "seed", "logit_bias", ToolChoice];

    /// <summary>
    /// The fields a model's facts can name: they do not change the kind of the answer. A choice of tools is refused where it demands
    /// a call: by models that always reason, for example.
    /// </summary>
    public static readonly IReadOnlyList<string> Fields = s_fields;

    /// <summary>The request without the fields that the model refuses; the same one if it has none of them.</summary>
    public static CanonicalChatRequest Fit(CanonicalChatRequest request, ModelFacts facts, LossReport losses)
    {
        if (!facts.RefusesFields)
            return request;
        var effort = EffortOf(request.Options, facts);
        ChatOptions? fitted = null;
        foreach (var field in s_fields)
        {
            if (facts.Takes(field, effort) || ValueOf(request.Options, field) is not { } value)
                continue;
            if (!FieldDefaults.IsDefault(field, value))
                losses.Drop(field);
            fitted ??= request.Options.Clone();
            Clear(fitted, field);
        }

        return fitted is null ? request : request.With(options: fitted);
    }

    /// <summary>
    /// The request with its maximum of output tokens reduced to the model's, surplus stop sequences removed, and a negative <c>top_k</c>
    /// (no limit) removed; the same one if nothing applies. A client sets a number for the model it knows (coding agents 32,000 tokens and
    /// more), and most providers refuse one that is too large.
    /// </summary>
    public static CanonicalChatRequest FitLimits(CanonicalChatRequest request, EgressTarget target, LossReport losses)
    {
        ChatOptions? fitted = null;
        if (request.Options.MaxOutputTokens is { } wanted && target.Facts.MaxOutputTokens is { } most and > 0 && wanted > most)
        {
            losses.Drop(string.Create(CultureInfo.InvariantCulture, $"max_tokens ({wanted} as {most})"));
            (fitted ??= request.Options.Clone()).MaxOutputTokens = most;
        }

        if (request.Options.StopSequences is { } stops && target.Quirks.MaxStops is { } places && stops.Count > places)
        {
            for (var i = places; i < stops.Count; i++)
                losses.Drop($"{Stop}[{i}]");
            (fitted ??= request.Options.Clone()).StopSequences = [.. stops.Take(places)];
        }

        if (request.Options.TopK < 0)
        {
            losses.Drop("top_k");
            Clear(fitted ??= request.Options.Clone(), "top_k");
        }

        return fitted is null ? request : request.With(options: fitted);
    }

    /// <summary>
    /// Whether a body that could be forwarded may hold a field the model refuses. Searches for names at any depth: the decoded request then
    /// decides whether one is such a field.
    /// </summary>
    public static bool MayHoldRefused(ReadOnlySpan<byte> body, ModelFacts facts)
    {
        if (!facts.RefusesFields)
            return false;
        foreach (var field in s_fields)
        {
            // With an effort of high, a model refuses every field that it refuses at all.
            if (facts.Takes(field, "high"))
                continue;
            if (HasMember(body, field) || (field == Stop && HasMember(body, StopOfAnthropic)))
                return true;
        }

        return false;
    }

    /// <summary>Whether the model refuses something of a request.</summary>
    public static bool Refuses(CanonicalChatRequest request, ModelFacts facts)
    {
        var losses = new LossReport();
        Fit(request, facts, losses);
        return !losses.IsEmpty;
    }

    private static bool HasMember(ReadOnlySpan<byte> body, string name)
    {
        Span<byte> quoted = stackalloc byte[64];
        quoted[0] = (byte)'"';
        var length = 1 + Encoding.UTF8.GetBytes(name, quoted[1..]);
        quoted[length++] = (byte)'"';
        return body.IndexOf(quoted[..length]) >= 0;
    }

    /// <summary>The effort the model will be asked for; null if it is left to the model.</summary>
    private static string? EffortOf(ChatOptions options, ModelFacts facts)
    {
        var reasoning = ReasoningRequest.Read(options);
        return reasoning.IsOff ? facts.NearestEffort("none") : reasoning.Effort ?? (reasoning.Budget is null ? null : "medium");
    }

    private static object? ValueOf(ChatOptions options, string field) => field switch
    {
        "temperature" => (object?)options.Temperature,
        "top_p" => options.TopP,
        "top_k" => options.TopK,
        Stop => options.StopSequences is { Count: > 0 } stops ? stops : null,
        "frequency_penalty" => options.FrequencyPenalty,
        "presence_penalty" => options.PresencePenalty,
        "seed" => options.Seed,
        ToolChoice => options is { ToolMode: RequiredChatToolMode, Tools.Count: > 0 } ? options.ToolMode : null,
        _ => null,
    }
    ?? (options.AdditionalProperties?.TryGetValue(field, out var kept) == true ? kept : null);

    private static void Clear(ChatOptions options, string field)
    {
        options.AdditionalProperties?.Remove(field);
        switch (field)
        {
            case "temperature": options.Temperature = null; break;
            case "top_p": options.TopP = null; break;
            case "top_k": options.TopK = null; break;
            case Stop: options.StopSequences = null; break;
            case "frequency_penalty": options.FrequencyPenalty = null; break;
            case "presence_penalty": options.PresencePenalty = null; break;
            case "seed": options.Seed = null; break;
            case ToolChoice: options.ToolMode = null; break;
        }
    }
}
