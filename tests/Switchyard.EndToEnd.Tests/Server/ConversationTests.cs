using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Engine;
using Switchyard.Server.Commands;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary><c>switchyard chat</c> in a terminal: a conversation.</summary>
public sealed class ConversationTests : IDisposable
{
    private readonly StringWriter _output = new(), _error = new();
    private readonly List<Action> _interrupts = [];
    private readonly LastCall _last = new();

    [Fact]
    public async Task What_was_said_is_said_again_with_the_next_question_until_it_is_cleared()
    {
        var model = new Model();

        await TalkAsync(model, "Hello", "And now?", "/clear", "Who are you?");

        Assert.Equal(["Hello", "Hello|Echo Hello|And now?", "Who are you?"], model.Asked);
        Assert.Equal(["Echo Hello", "Echo And now?", "Echo Who are you?"], Lines(_output));
        Assert.Contains("Forgotten.", Lines(_error).Select(line => line.TrimStart('>', ' ')));
    }

    [Fact]
    public async Task Another_model_answers_from_then_on()
    {
        var model = new Model();

        await TalkAsync(model, "Hello", "/model  other ", "And you?", "/model");

        Assert.Equal(["first", "other"], model.Models);
        Assert.Contains("other", Lines(_error)[^2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_ends_the_answer_and_what_came_of_it_stays()
    {
        var model = new Model { StopsAfter = "Half" };
        model.Stopped = () => _interrupts.Single()();

        await TalkAsync(model, "Hello", "Go on");

        Assert.Equal(["Hello", "Hello|Half|Go on"], model.Asked);
        Assert.Contains("Ended.", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_where_nothing_is_answered_says_how_to_end()
    {
        await TalkAsync(new Model(), new Reader(this, "/help"));

        Assert.Contains("/exit or Ctrl-D ends the conversation.", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("/clear       start over", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_that_failed_is_not_asked_again_with_the_next_one()
    {
        var model = new Model { Failure = new CallError(CallErrorKind.ModelNotFound, "There is no model first.") };

        await TalkAsync(model, "Hello", "/nonsense", "Again");

        Assert.Equal(["Hello", "Again"], model.Asked);
        Assert.Contains("switchyard: There is no model first.", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("There is no command /nonsense.", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_each_answer_stand_route_tokens_and_cost()
    {
        await using var services = new ServiceCollection().AddSwitchyard(options =>
        {
            options.Providers["mock"] = new();
            options.Models["fast"] = new() { Targets = [new() { Model = "mock/mock-model-v1" }] };
            options.Prices.Models["mock/mock-model-v1"] = new() { Input = 1, Output = 2 };
        }).AddSink(_last).Services.BuildServiceProvider();
        using var client = new SwitchyardChatClient(services.GetRequiredService<SwitchyardEngine>());

        await new Conversation(client, _last, new StringReader("Hello there\n"), _output, _error, Register).RunAsync("fast", default);

        Assert.Contains("fast -> mock/mock-model-v1: 3 tokens in, 8 out, $0.000019, ", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_terminal_a_conversation_begins_by_itself()
    {
        if (!Programs.Exists("script"))
            Assert.Skip("There is no program 'script' on this machine, which makes a terminal.");
        await using var program = await Executable.LaunchAsync(
            "sh", "providers: { mock: {} }\n", new Dictionary<string, string> { ["TERM"] = "xterm" },
            _ => ["-c", $"printf 'Hello there\\n/exit\\n' | script -qec 'dotnet {Executable.Program} chat' /dev/null"]);

        Assert.Equal(0, await program.EndAsync());
        Assert.Contains("Mock response to: Hello there", program.Printed, StringComparison.Ordinal);
        Assert.Contains("mock/mock-model-v1: 3 tokens in, 8 out,", program.Printed, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    private Task TalkAsync(Model model, params string[] lines) => TalkAsync(model, new StringReader(string.Join('\n', lines)));

    private Task TalkAsync(Model model, TextReader input) =>
        new Conversation(model, _last, input, _output, _error, Register).RunAsync("first", TestContext.Current.CancellationToken);

    private StringWriter Register(Action interrupt)
    {
        _interrupts.Add(interrupt);
        return new StringWriter();
    }

    private static string[] Lines(StringWriter writer) => writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A user who presses Ctrl-C before the first line.</summary>
    private sealed class Reader(ConversationTests test, string line) : StringReader(line)
    {
        public override ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
        {
            test._interrupts.Single()();
            return base.ReadLineAsync(cancellationToken);
        }
    }

    /// <summary>Repeats the question, and records it.</summary>
    private sealed class Model : IChatClient
    {
        public List<string> Asked { get; } = [];

        public List<string?> Models { get; } = [];

        public string? StopsAfter { get; set; }

        public Action? Stopped { get; set; }

        public CallError? Failure { get; init; }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var said = messages.Select(message => message.Text).ToList();
            Asked.Add(string.Join('|', said));
            Models.Add(options?.ModelId);
            if (Failure is not null)
                throw new CallException(Failure);
            if (StopsAfter is { } half)
            {
                StopsAfter = null;
                yield return new ChatResponseUpdate(ChatRole.Assistant, half);
                Stopped!();
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }

            yield return new ChatResponseUpdate(ChatRole.Assistant, "Echo ");
            yield return new ChatResponseUpdate(ChatRole.Assistant, said[^1]);
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
