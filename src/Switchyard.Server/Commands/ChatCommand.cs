using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using Spectre.Console;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary>
/// <c>switchyard chat "hello"</c>: sends one question through the engine in this process, without a server. Without a question, in a
/// terminal, it starts a conversation. Only the answer goes to the standard output; the model and the token counts go to the error stream.
/// </summary>
internal static class ChatCommand
{
    public static Command Create(ConfigurationChecks checks)
    {
        var prompt = new Argument<string?>("message")
        {
            Description = "The message. '-' reads standard input. Without one, piped input is sent, or a conversation starts.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var model = new Option<string?>("--model", "-m")
        {
            Description = "An alias, provider/model, or a model's name. Default: the engine's choice.",
            HelpName = "model",
        };
        model.CompletionSources.Add(Suggestions.Models(checks));
        var stream = new Option<bool>("--stream", "-s") { Description = "Print the answer as it arrives, as a conversation always does." };
        var command = new Command("chat", "Talks to a model: one question, or a conversation.") { prompt, model, stream };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var isConversation = parsed.GetValue(prompt) is null && !Console.IsInputRedirected;
            var message = isConversation ? "" : await MessageAsync(parsed.GetValue(prompt), cancellationToken);
            if (!isConversation && message.Length == 0)
            {
                await error.WriteLineAsync("switchyard: There is no message: pass one as an argument, or pipe one in.");
                return ExitCode.Usage;
            }

            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return ExitCode.Failure;

            var last = new LastCall();
            using var client = await CommandServices.CreateChatClientAsync(options, last, cancellationToken);
            if (isConversation)
            {
                var conversation = new Conversation(client, last, Console.In, output, error, Terminal.OnInterrupt);
                await conversation.RunAsync(parsed.GetValue(model), cancellationToken);
                return ExitCode.Ok;
            }

            var settings = new ChatOptions { ModelId = parsed.GetValue(model) };
            var started = Stopwatch.GetTimestamp();
            var answer = parsed.GetValue(stream)
                ? await StreamAsync(client, message, settings, output, cancellationToken)
                : await WaitAsync(error, () => client.GetResponseAsync(message, settings, cancellationToken));
            if (!parsed.GetValue(stream))
                await output.WriteLineAsync(answer.Text);
            Terminal.Note(error, ChatSummary.Of(answer, last.Record, Stopwatch.GetElapsedTime(started)));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>
    /// The message of the command line, else the text piped in. With a message the input is not read: a program that starts this one may
    /// leave it open without writing to it.
    /// </summary>
    private static async Task<string> MessageAsync(string? written, CancellationToken cancellationToken) =>
        written is not (null or "-") ? written : (await Console.In.ReadToEndAsync(cancellationToken)).Trim();

    private static async Task<ChatResponse> StreamAsync(
        IChatClient client, string message, ChatOptions settings, TextWriter output, CancellationToken cancellationToken)
    {
        var updates = new List<ChatResponseUpdate>();
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync(message, settings, cancellationToken))
            {
                updates.Add(update);
                await output.WriteAsync(update.Text);
                await output.FlushAsync(cancellationToken);
            }
        }
        catch when (updates.Count > 0)
        {
            // So that the message about the failure does not go on in the line of the answer.
            await output.WriteLineAsync();
            throw;
        }

        await output.WriteLineAsync();
        return updates.ToChatResponse();
    }

    /// <summary>Waits for the answer, and shows so if the error stream is a terminal.</summary>
    private static Task<ChatResponse> WaitAsync(TextWriter error, Func<Task<ChatResponse>> ask) => Console.IsErrorRedirected
        ? ask()
        : Terminal.Of(error).Status().StartAsync("Waiting for the answer", _ => ask());
}
