using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Dashboard.Pages.Playground;

/// <summary>
/// Calls models for a client's key: through the same pipeline, with that key's limits, budgets and models. An admin key cannot call models
/// here either. Thread-safe.
/// </summary>
internal sealed class PlaygroundReader(SwitchyardEngine engine, TimeProvider time)
{
    private const int LongestAnswer = 4_000;

    /// <summary>Whether a client's key is needed to ask.</summary>
    public bool AsksForKey => engine.Snapshot.Section(CallerTable.Section) is not null;

    /// <summary>The caller of a key; null if the key does not exist or may not be used.</summary>
    public Caller? FindCaller(AdminUser user, string key)
    {
        if (user.Caller is { } own)
            return own;
        if (engine.Snapshot.Section(CallerTable.Section) is not { } table)
            return Caller.Anonymous;
        if (table.Find(key.Trim()) is not { Refusal: null } known)
            return null;
        known.NoteUse();
        return known.Caller;
    }

    /// <summary>Asks one model, and writes its output into an answer.</summary>
    /// <param name="caller">The caller whose limits and budgets count.</param>
    /// <param name="prompt">The question.</param>
    /// <param name="answer">Receives the answer.</param>
    /// <param name="changed">Called after each update of the answer.</param>
    /// <param name="aborted">Ends the call.</param>
    public async Task AskAsync(Caller caller, string prompt, PlaygroundAnswer answer, Func<Task> changed, CancellationToken aborted)
    {
        var started = time.GetTimestamp();
        var options = new ChatOptions { MaxOutputTokens = LongestAnswer };
        var envelope = new CallEnvelope
        {
            Operation = CallOperation.Chat,
            Model = answer.Model,
            Stream = true,
            IncludeUsage = true,
            MaxOutputTokens = options.MaxOutputTokens,
        };
        var request = new CanonicalChatRequest([new(ChatRole.User, prompt)], options) { Stream = true };
        var call = new CallRequest(envelope, CallBody.FromCanonical(request)) { Caller = caller };
        await using var response = await engine.RunAsync(call, aborted);
        answer.CallId = response.Call.Id;
        if (response is UpdatesResponse updates && response.Error is null)
        {
            while (await updates.ReadAsync() is { } update)
            {
                response.Call.Commit();
                answer.FirstAfter ??= time.GetElapsedTime(started);
                answer.Text += update.Text;
                foreach (var usage in update.Contents.OfType<UsageContent>())
                    (answer.Input, answer.Output) = (usage.Details.InputTokenCount, usage.Details.OutputTokenCount);
                await changed();
            }
        }

        answer.Took = time.GetElapsedTime(started);
        answer.SentTo = response.Call.Attempt is { } attempt ? $"{attempt.Deployment.Provider}/{attempt.Deployment.Model}" : null;
        answer.Problem = response.Error?.Message;
    }
}

/// <summary>The answer of one model.</summary>
/// <param name="model">The model that is asked.</param>
internal sealed class PlaygroundAnswer(string model)
{
    public string Model => model;

    public string Text { get; set; } = "";

    public string? CallId { get; set; }

    public string? SentTo { get; set; }

    public string? Problem { get; set; }

    public long? Input { get; set; }

    public long? Output { get; set; }

    public TimeSpan? FirstAfter { get; set; }

    /// <summary>How long the answer took; null until it has ended.</summary>
    public TimeSpan? Took { get; set; }
}
