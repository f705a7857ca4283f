using System.Diagnostics;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Server.Commands;

/// <summary>
/// A conversation in a terminal: each line is a question, and its answer is streamed; a line that begins with <c>/</c> is a command for
/// this program. Answers go to the standard output, everything else to the error stream.
/// </summary>
/// <param name="client">Answers the questions.</param>
/// <param name="last">Receives the calls of <paramref name="client"/>.</param>
/// <param name="input">The lines of the user.</param>
/// <param name="output">Receives the answers.</param>
/// <param name="error">Receives prompts, summaries and problems.</param>
/// <param name="onInterrupt">Registers what Ctrl-C does: <see cref="Terminal.OnInterrupt"/>.</param>
internal sealed class Conversation(
    IChatClient client, LastCall last, TextReader input, TextWriter output, TextWriter error, Func<Action, IDisposable> onInterrupt)
{
    private const string Commands = """
        /model NAME  switch to another model; /model alone shows the current one
        /clear       start over: the conversation so far is forgotten
        /help        show these commands
        /exit        end the conversation, as Ctrl-D does
        Ctrl-C stops an answer; the part that arrived stays in the conversation.
        """;

    private readonly List<ChatMessage> _said = [];
    private volatile CancellationTokenSource? _answering;

    /// <summary>Talks until the input or the user ends it.</summary>
    /// <param name="model">The model to begin with; null takes the engine's default.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(string? model, CancellationToken cancellationToken)
    {
        Terminal.Note(error, $"Talking to {model ?? "the default model"}. /help lists the commands.");
        using var interrupt = onInterrupt(Interrupt);
        while (true)
        {
            await error.WriteAsync("> ");
            await error.FlushAsync(cancellationToken);
            switch ((await input.ReadLineAsync(cancellationToken))?.Trim())
            {
                case null or "/exit" or "/quit" or "/bye":
                    return;
                case "":
                    break;
                case "/clear":
                    _said.Clear();
                    Terminal.Note(error, "Forgotten.");
                    break;
                case "/model":
                    Terminal.Note(error, model ?? "The default model.");
                    break;
                case var choice when choice.StartsWith("/model ", StringComparison.Ordinal):
                    model = choice["/model ".Length..].Trim();
                    Terminal.Note(error, $"The next message goes to {model}, with the conversation so far.");
                    break;
                case ['/', .. var other]:
                    Terminal.Note(error, other is "help" or "?" ? Commands : $"There is no command /{other}.\n{Commands}");
                    break;
                case var question:
                    await AskAsync(question, model, cancellationToken);
                    break;
            }
        }
    }

    private async Task AskAsync(string question, string? model, CancellationToken cancellationToken)
    {
        _said.Add(new ChatMessage(ChatRole.User, question));
        var started = Stopwatch.GetTimestamp();
        var updates = new List<ChatResponseUpdate>();
        using var answering = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _answering = answering;
        try
        {
            var settings = new ChatOptions { ModelId = model };
            await foreach (var update in client.GetStreamingResponseAsync(_said, settings, answering.Token))
            {
                updates.Add(update);
                await output.WriteAsync(update.Text);
                await output.FlushAsync(answering.Token);
            }

            await output.WriteLineAsync();
            var answer = updates.ToChatResponse();
            _said.AddRange(answer.Messages);
            Terminal.Note(error, ChatSummary.Of(answer, last.Record, Stopwatch.GetElapsedTime(started)));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await output.WriteLineAsync();
            Keep(updates);
            Terminal.Note(error, "Ended.");
        }
        catch (CallException failure)
        {
            if (updates.Count > 0)
                await output.WriteLineAsync();
            Keep(updates);
            await error.WriteLineAsync($"switchyard: {failure.Message}");
        }
        finally
        {
            _answering = null;
        }
    }

    /// <summary>Keeps a partial answer too. A question without any text is dropped, or the next one would repeat it.</summary>
    private void Keep(List<ChatResponseUpdate> updates)
    {
        var text = string.Concat(updates.Select(update => update.Text));
        if (text.Length > 0)
            _said.Add(new ChatMessage(ChatRole.Assistant, text));
        else
            _said.RemoveAt(_said.Count - 1);
    }

    private void Interrupt()
    {
        if (_answering is not { } answering)
        {
            error.WriteLine();
            Terminal.Note(error, "/exit or Ctrl-D ends the conversation.");
            error.Write("> ");
            error.Flush();
            return;
        }

        try
        {
            answering.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The answer has just ended, before the signal.
        }
    }
}
