using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Client;

namespace Switchyard.Checking;

/// <summary>The verdict of a probe: whether the feature works, and the reason or the observation.</summary>
internal readonly record struct ProbeVerdict(bool Works, string? Detail = null)
{
    /// <summary>The feature works.</summary>
    public static ProbeVerdict Working(string observation) => new(true, observation);

    /// <summary>The feature does not work.</summary>
    public static ProbeVerdict Failing(string reason) => new(false, reason);
}

/// <summary>
/// The probes that send a request to a model. Each is one small request in the canonical form, so that it is the same for every format; the
/// answer is judged only by its shape.
/// </summary>
internal sealed class ChatProbes(IChatClient client, string model)
{
    // Limits of output tokens. A reasoning model spends some before its first word.
    private const int Few = 64, Some = 512;

    private static readonly JsonElement s_cityParameters = Json(
        """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}""");

    private static readonly AITool[] s_tools =
    [
        AIFunctionFactory.CreateDeclaration("get_weather", "The weather in a city.", s_cityParameters),
        AIFunctionFactory.CreateDeclaration("get_time", "The time in a city.", s_cityParameters),
    ];

    public async Task<ProbeVerdict> ChatAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync("Answer with the one word: ok", Few, null, cancellationToken).ConfigureAwait(false);
        var detail = answer.Text.Length == 0 ? $"no text; finish reason {answer.FinishReason?.Value ?? "unknown"}" : null;
        return new ProbeVerdict(answer.Messages.Count > 0, detail);
    }

    /// <summary>One request for two probes: whether a stream comes in pieces, and whether it reports its usage.</summary>
    public async Task<(ProbeVerdict Stream, ProbeVerdict Usage)> StreamAsync(CancellationToken cancellationToken)
    {
        var pieces = 0;
        UsageDetails? usage = null;
        var updates = client.GetStreamingResponseAsync("Count from one to ten in words.", Options(Few, null), cancellationToken);
        await foreach (var update in updates.ConfigureAwait(false))
        {
            pieces += update.Contents.Any(content => content is TextContent or TextReasoningContent) ? 1 : 0;
            usage = update.Contents.OfType<UsageContent>().LastOrDefault()?.Details ?? usage;
        }

        var stream = pieces == 0
            ? ProbeVerdict.Failing("no piece held text")
            : ProbeVerdict.Working(pieces == 1 ? "in one piece" : $"in {pieces} pieces");
        return (stream, Verdict(usage is { OutputTokenCount: > 0 }, "the stream reported no usage"));
    }

    public async Task<ProbeVerdict> ToolsAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(
            "What is the weather in Paris? Call get_weather.", Some,
            options => options.Tools = s_tools[..1], cancellationToken).ConfigureAwait(false);
        return Dropped(answer, "tools") ?? Verdict(Calls(answer) > 0, "it answered without calling the tool");
    }

    public async Task<ProbeVerdict> ParallelToolsAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(
            "Call get_weather for Paris and get_time for Paris, both now, in the same answer.", Some,
            options =>
            {
                options.Tools = s_tools;
                options.AllowMultipleToolCalls = true;
            },
            cancellationToken).ConfigureAwait(false);
        return Verdict(Calls(answer) > 1, "it made one call at a time");
    }

    public async Task<ProbeVerdict> JsonSchemaAsync(CancellationToken cancellationToken)
    {
        var format = ChatResponseFormat.ForJsonSchema(s_cityParameters, "capital");
        var answer = await AskAsync(
            "Name the capital of France.", Some,
            options => options.ResponseFormat = format, cancellationToken).ConfigureAwait(false);
        return Dropped(answer, "response_format") ?? Verdict(HasCity(answer.Text), "the answer does not fit the schema");
    }

    public async Task<ProbeVerdict> ReasoningAsync(CancellationToken cancellationToken)
    {
        var reasoning = new ReasoningOptions { Effort = ReasoningEffort.Low, Output = ReasoningOutput.Full };
        var answer = await AskAsync(
            "How many letters has the word banana? Answer with the number.", 2 * Some,
            options => options.Reasoning = reasoning, cancellationToken).ConfigureAwait(false);
        var contents = answer.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>();
        return contents.Any(content => content.Text.Length > 0) ? ProbeVerdict.Working("with its text")
            : answer.Usage?.ReasoningTokenCount > 0 ? ProbeVerdict.Working("counted, without its text")
            : Dropped(answer, "reasoning") ?? ProbeVerdict.Failing("no sign of it in the answer");
    }

    public async Task<ProbeVerdict> StopAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(
            "Write exactly this and nothing else: red green blue", Few,
            options => options.StopSequences = ["green"], cancellationToken).ConfigureAwait(false);
        return Dropped(answer, "stop") ?? Verdict(!Says("green") && !Says("blue"), "it continued past the stop sequence");

        bool Says(string word) => answer.Text.Contains(word, StringComparison.OrdinalIgnoreCase);
    }

    private Task<ChatResponse> AskAsync(string question, int tokens, Action<ChatOptions>? configure, CancellationToken cancellationToken) =>
        client.GetResponseAsync(question, Options(tokens, configure), cancellationToken);

    private ChatOptions Options(int tokens, Action<ChatOptions>? configure)
    {
        var options = new ChatOptions { ModelId = model, MaxOutputTokens = tokens };
        configure?.Invoke(options);
        return options;
    }

    private static ProbeVerdict Verdict(bool works, string otherwise) => new(works, works ? null : otherwise);

    /// <summary>The verdict on a field that the engine could not carry: the request to the provider did not contain it.</summary>
    private static ProbeVerdict? Dropped(ChatResponse answer, string field) =>
        answer.AdditionalProperties?.TryGetValue(AnswerFacts.Dropped, out var value) is true && value is string[] dropped
        && dropped.FirstOrDefault(name => name.StartsWith(field, StringComparison.Ordinal)) is { } which
            ? ProbeVerdict.Failing($"{which} cannot be carried to it")
            : null;

    private static int Calls(ChatResponse answer) =>
        answer.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Count();

    private static bool HasCity(string text)
    {
        try
        {
            var answer = Json(text);
            return answer.ValueKind == JsonValueKind.Object
                && answer.TryGetProperty("city", out var city)
                && city.ValueKind == JsonValueKind.String;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
