using System.CommandLine;
using Microsoft.Extensions.AI;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard chat "hello"</c>: one question through the engine in this process, without a server.</summary>
internal static class ChatCommand
{
    public static Command Create(ICommandServices engine)
    {
        var prompt = new Argument<string>("message") { Description = "What to say." };
        var model = new Option<string?>("--model", "-m")
        {
            Description = "An alias, provider/model, or a model's name. Default: the engine's choice.",
        };
        var stream = new Option<bool>("--stream", "-s") { Description = "Print the answer while it comes." };
        var command = new Command("chat", "Asks a model one question.") { prompt, model, stream };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, ConfigurationArguments.Request(parsed, engine)) is not { } options)
                return ExitCode.Failure;

            using var client = await engine.CreateChatClientAsync(options, cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            var settings = new ChatOptions { ModelId = parsed.GetValue(model) };
            var message = parsed.GetRequiredValue(prompt);
            if (!parsed.GetValue(stream))
            {
                var answer = await client.GetResponseAsync(message, settings, cancellationToken);
                await output.WriteLineAsync(answer.Text);
                return ExitCode.Ok;
            }

            await foreach (var update in client.GetStreamingResponseAsync(message, settings, cancellationToken))
            {
                await output.WriteAsync(update.Text);
                await output.FlushAsync(cancellationToken);
            }

            await output.WriteLineAsync();
            return ExitCode.Ok;
        });
        return command;
    }
}
