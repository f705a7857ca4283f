using System.CommandLine;
using Switchyard.Configuration;
using Switchyard.Server;
using Switchyard.Server.Commands;
using Switchyard.Server.Composition;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>Every command's help ends with examples, and the command line understands each of them.</summary>
public sealed class HelpTests
{
    private static readonly Command s_switchyard = CommandLine.Create(new CommandServices());

    public static TheoryData<string> Commands => [.. Of(s_switchyard, "")];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_has_examples_of_itself_that_are_understood(string words)
    {
        var examples = HelpExamples.Of(words);

        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.True(example.Length <= 78, example));
        Assert.All(examples, example => Assert.Contains($"switchyard {words}".Trim(), example, StringComparison.Ordinal));
        Assert.All(examples, example => Assert.Empty(s_switchyard.Parse(Typed(example)).Errors.Select(problem => $"{example}: {problem}")));
    }

    [Fact]
    public void There_are_examples_of_no_command_that_is_not_there() =>
        Assert.Empty(HelpExamples.Commands.Except(Commands.Select(row => row.Data)));

    [Fact]
    public void The_end_that_a_key_has_in_its_example_is_one_that_is_taken()
    {
        var parsed = s_switchyard.Parse(Typed(Assert.Single(HelpExamples.Of("keys create"))));

        Assert.True(KeyOptions.TryReadTime((string?)KeyArguments.Settings(parsed)["expires"], out _));
    }

    /// <summary>The arguments of the program, without pipes, without variables before it, and without the comment after it.</summary>
    private static string Typed(string example)
    {
        var typed = example[example.IndexOf("switchyard", StringComparison.Ordinal)..];
        foreach (var end in (string[])["  ", " > ", " | ", ")"])
            typed = typed.Split(end)[0];
        return typed.Replace("'{\"models\":[\"fast\"]}'", "{}", StringComparison.Ordinal);
    }

    private static IEnumerable<string> Of(Command command, string words) => command.Subcommands
        .SelectMany(below => Of(below, $"{words} {below.Name}".Trim())).Prepend(words);
}
