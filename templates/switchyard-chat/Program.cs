// A chat in a terminal. A provider is enabled by its usual key variable, such as OPENAI_API_KEY; until then the built-in mock answers.
// The first argument is the model, as provider/model or alone: `dotnet run -- openai/gpt-4o`.
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;

var services = new ServiceCollection();
services.AddSwitchyard();
await using var provider = services.BuildServiceProvider();
var chat = provider.GetRequiredService<IChatClient>();
var options = new ChatOptions { ModelId = args.FirstOrDefault() };

List<ChatMessage> conversation = [];
while (Ask() is { Length: > 0 } question)
{
    conversation.Add(new(ChatRole.User, question));
    var updates = new List<ChatResponseUpdate>();
    try
    {
        await foreach (var update in chat.GetStreamingResponseAsync(conversation, options))
        {
            Console.Write(update.Text);
            updates.Add(update);
        }

        conversation.AddMessages(updates);
    }
    catch (CallException failure)
    {
        // The message says what happened and how to solve it.
        Console.Error.Write(failure.Message);
    }

    Console.WriteLine();
}

static string? Ask()
{
    Console.Write("> ");
    return Console.ReadLine();
}
