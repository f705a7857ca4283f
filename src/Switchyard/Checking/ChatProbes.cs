using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Client;

namespace Switchyard.Checking;

/// <summary>What a probe saw.</summary>
internal readonly record struct Seen(bool Works, string? Detail = null);

/// <summary>
/// The probes that ask a model something. Each is one small request in the canonical form, so that it is the same for every format; what
/// the model says is judged by its shape alone.
/// </summary>
internal sealed class ChatProbes(IChatClient client, string model)
{
    // A model that reasons spends tokens before its first word.
    private const int Few = 64, Some = 512;

    private static readonly JsonElement s_cityParameters = Json("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}""");

    private static readonly AITool[] s_tools =
    [
        AIFunctionFactory.CreateDeclaration("get_weather", "The weather in a city.", s_cityParameters),
        AIFunctionFactory.CreateDeclaration("get_time", "The time in a city.", s_cityParameters),
    ];

    public async Task<Seen> ChatAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync("Answer with the one word: ok", Few, null, cancellationToken).ConfigureAwait(false);
        return new Seen(answer.Messages.Count > 0, answer.Text.Length == 0 ? $"no text; finish reason {answer.FinishReason?.Value ?? "unknown"}" : null);
    }

    /// <summary>One stream for two questions: whether it comes in pieces, and whether it says what it has used.</summary>
    public async Task<(Seen Stream, Seen Usage)> StreamAsync(CancellationToken cancellationToken)
    {
        var pieces = 0;
        UsageDetails? usage = null;
        await foreach (var update in client.GetStreamingResponseAsync("Count from one to ten in words.", Options(Few, null), cancellationToken).ConfigureAwait(false))
        {
            pieces += update.Contents.Any(content => content is TextContent or TextReasoningContent) ? 1 : 0;
            usage = update.Contents.OfType<UsageContent>().LastOrDefault()?.Details ?? usage;
        }

        var stream = pieces == 0 ? new Seen(false, "no piece held text") : new Seen(true, pieces == 1 ? "in one piece" : $"in {pieces} pieces");
        return (stream, usage is { OutputTokenCount: > 0 } ? new Seen(true) : new Seen(false, "the stream did not say what it used"));
    }

    public async Task<Seen> ToolsAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync("What is the weather in Paris? Call get_weather.", Some, options => options.Tools = s_tools[..1], cancellationToken).ConfigureAwait(false);
        return Dropped(answer, "tools") ?? (Calls(answer) > 0 ? new Seen(true) : new Seen(false, "it answered without calling the tool"));
    }

    public async Task<Seen> ParallelToolsAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(
            "Call get_weather for Paris and get_time for Paris, both now, in the same answer.", Some,
            options =>
            {
                options.Tools = s_tools;
                options.AllowMultipleToolCalls = true;
            },
            cancellationToken).ConfigureAwait(false);
        return Calls(answer) > 1 ? new Seen(true) : new Seen(false, "it made one call at a time");
    }

    public async Task<Seen> JsonSchemaAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(
            "Name the capital of France.", Some, options => options.ResponseFormat = ChatResponseFormat.ForJsonSchema(s_cityParameters, "capital"), cancellationToken).ConfigureAwait(false);
        return Dropped(answer, "response_format") ?? (HasCity(answer.Text) ? new Seen(true) : new Seen(false, "the answer does not fit the schema"));
    }

    public async Task<Seen> ReasoningAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(
            "How many letters has the word banana? Answer with the number.", 2 * Some,
            options => options.Reasoning = new ReasoningOptions { Effort = ReasoningEffort.Low, Output = ReasoningOutput.Full }, cancellationToken).ConfigureAwait(false);
        var text = answer.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>().Any(content => content.Text.Length > 0);
        return text ? new Seen(true, "with its text")
            : answer.Usage?.ReasoningTokenCount > 0 ? new Seen(true, "counted, without its text")
            : Dropped(answer, "reasoning") ?? new Seen(false, "no sign of it in the answer");
    }

    public async Task<Seen> StopAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync("Write exactly this and nothing else: red green blue", Few, options => options.StopSequences = ["green"], cancellationToken).ConfigureAwait(false);
        return Dropped(answer, "stop") ?? (answer.Text.Contains("blue", StringComparison.OrdinalIgnoreCase) || answer.Text.Contains("green", StringComparison.OrdinalIgnoreCase)
            ? new Seen(false, "it wrote on past the stop sequence")
            : new Seen(true));
    }

    private Task<ChatResponse> AskAsync(string question, int tokens, Action<ChatOptions>? configure, CancellationToken cancellationToken) =>
        client.GetResponseAsync(question, Options(tokens, configure), cancellationToken);

    private ChatOptions Options(int tokens, Action<ChatOptions>? configure)
    {
        var options = new ChatOptions { ModelId = model, MaxOutputTokens = tokens };
        configure?.Invoke(options);
        return options;
    }

    /// <summary>What the engine could not carry the provider was never asked.</summary>
    private static Seen? Dropped(ChatResponse answer, string field) =>
        answer.AdditionalProperties?.TryGetValue(AnswerFacts.Dropped, out var value) is true && value is string[] dropped
        && dropped.FirstOrDefault(name => name.StartsWith(field, StringComparison.Ordinal)) is { } which
            ? new Seen(false, $"{which} cannot be carried to it")
            : null;

    private static int Calls(ChatResponse answer) => answer.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Count();

    private static bool HasCity(string text)
    {
        try
        {
            var answer = Json(text);
            return answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("city", out var city) && city.ValueKind == JsonValueKind.String;
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
