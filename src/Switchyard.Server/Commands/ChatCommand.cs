using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;
using Spectre.Console;
using Switchyard.Calls;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary>
/// <c>switchyard chat "hello"</c>: one question through the engine in this process, without a server. The answer alone is on the standard
/// output; who answered, with how many tokens, is on the error stream.
/// </summary>
internal static class ChatCommand
{
    public static Command Create(ICommandServices engine)
    {
        var prompt = new Argument<string?>("message")
        {
            Description = "What to say. Without it, or with '-', what is piped in.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var model = new Option<string?>("--model", "-m")
        {
            Description = "An alias, provider/model, or a model's name. Default: the engine's choice.",
        };
        var stream = new Option<bool>("--stream", "-s") { Description = "Print the answer while it comes." };
        var command = new Command("chat", "Asks a model one question.") { prompt, model, stream };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (await MessageAsync(parsed.GetValue(prompt), cancellationToken) is not { Length: > 0 } message)
            {
                await error.WriteLineAsync("switchyard: There is nothing to say: give a message, or pipe one in.");
                return ExitCode.Usage;
            }

            if (ConfigurationArguments.Load(parsed, ConfigurationArguments.Request(parsed, engine)) is not { } options)
                return ExitCode.Failure;

            using var client = await engine.CreateChatClientAsync(options, cancellationToken);
            var settings = new ChatOptions { ModelId = parsed.GetValue(model) };
            var started = Stopwatch.GetTimestamp();
            var answer = parsed.GetValue(stream)
                ? await StreamAsync(client, message, settings, output, cancellationToken)
                : await WaitAsync(error, () => client.GetResponseAsync(message, settings, cancellationToken));
            if (!parsed.GetValue(stream))
                await output.WriteLineAsync(answer.Text);
            await error.WriteLineAsync(Summary(answer, Stopwatch.GetElapsedTime(started)));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>
    /// The message of the command line, else what is piped in. With a message nothing is read: a program that starts this one may leave its
    /// own input open and silent.
    /// </summary>
    private static async Task<string> MessageAsync(string? written, CancellationToken cancellationToken) =>
        written is not (null or "-") ? written
        : Console.IsInputRedirected || written is "-" ? (await Console.In.ReadToEndAsync(cancellationToken)).Trim()
        : "";

    private static async Task<ChatResponse> StreamAsync(
        IChatClient client, string message, ChatOptions settings, TextWriter output, CancellationToken cancellationToken)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.GetStreamingResponseAsync(message, settings, cancellationToken))
        {
            updates.Add(update);
            await output.WriteAsync(update.Text);
            await output.FlushAsync(cancellationToken);
        }

        await output.WriteLineAsync();
        return updates.ToChatResponse();
    }

    /// <summary>Waits, and where somebody watches shows that it does.</summary>
    private static Task<ChatResponse> WaitAsync(TextWriter error, Func<Task<ChatResponse>> ask) => Console.IsErrorRedirected
        ? ask()
        : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) }).Status()
            .StartAsync("Waiting for the answer", _ => ask());

    /// <summary><c>openai/gpt-4o: 12 tokens in, 34 out, 1.2 s</c>.</summary>
    private static string Summary(ChatResponse answer, TimeSpan elapsed)
    {
        var seconds = elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        return $"{Fact(AnswerFacts.Provider)}/{Fact(AnswerFacts.Model)}: "
            + $"{Number(answer.Usage?.InputTokenCount)} tokens in, {Number(answer.Usage?.OutputTokenCount)} out, {seconds} s";

        // Of a stream the facts are on its message, of a whole answer on the answer.
        string Fact(string name) => answer.Messages.Select(message => message.AdditionalProperties).Prepend(answer.AdditionalProperties)
            .Select(facts => facts?.GetValueOrDefault(name) as string).FirstOrDefault(fact => fact is not null) ?? "?";

        static string Number(long? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "?";
    }
}
