using System.CommandLine;
using Switchyard.Configuration;
using Switchyard.Server;
using Switchyard.Server.Commands;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>Every command's help ends with examples, and the command line understands each of them.</summary>
public sealed class HelpTests
{
    private static readonly Command s_switchyard = CommandLine.Create();

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

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_prints_its_help_without_the_arguments_that_it_requires(string words)
    {
        var parsed = s_switchyard.Parse($"{words} --help");
        using var output = new StringWriter();
        parsed.InvocationConfiguration.Output = output;

        Assert.Empty(parsed.Errors);
        Assert.Empty(CommandLineProblems.Of(parsed));
        Assert.Equal(ExitCode.Ok, parsed.Invoke());
        Assert.Contains("Examples:", output.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The library shows all completions of an argument that has no name for the help, such as 150 settings.</summary>
    [Theory]
    [MemberData(nameof(Commands))]
    public void An_argument_with_completions_has_a_name_in_the_help(string words)
    {
        string[] shownByTheirValues = ["shell", "--level"];
        var command = s_switchyard.Parse(words).CommandResult.Command;

        Assert.All(
            command.Arguments.Where(argument => argument.CompletionSources.Count > 0 && !shownByTheirValues.Contains(argument.Name)),
            argument => Assert.False(string.IsNullOrEmpty(argument.HelpName), argument.Name));
        Assert.All(
            command.Options.Where(option => option.CompletionSources.Count > 0 && option.ValueType != typeof(bool)
                && !shownByTheirValues.Contains(option.Name)),
            option => Assert.False(string.IsNullOrEmpty(option.HelpName), option.Name));
    }

    [Theory]
    [InlineData("check --jsn", "There is no option '--jsn'; did you mean '--json'?")]
    [InlineData("chat --strem Hello", "There is no option '--strem'; did you mean '--stream'?")]
    [InlineData("calls find --limti=5", "There is no option '--limti'; did you mean '--limit'?")]
    [InlineData("health --confg gateway.yaml", "There is no option '--confg'; did you mean '--config'?")]
    [InlineData("explain --unheard-of", "There is no option '--unheard-of'.")]
    [InlineData("chekc", "There is no verb 'chekc'; did you mean 'check'?")]
    [InlineData("keys crate ci", "There is no verb 'crate'; did you mean 'create'?")]
    public void A_word_that_is_misspelt_is_named_with_the_nearest_one(string line, string problem) =>
        Assert.Equal(problem, Assert.Single(CommandLineProblems.Of(s_switchyard.Parse(line))));

    [Theory]
    [InlineData("audit -n x", "--limit: 'x' is not a whole number.")]
    [InlineData("config diff a", "diff: 'a' is not a whole number.")]
    [InlineData("config diff 1 b", "diff: 'b' is not a whole number.")]
    [InlineData("calls -n 0", "--limit must be at least 1.")]
    [InlineData("calls find -n -5", "--limit must be at least 1.")]
    [InlineData("usage --csv --json", "--json and --csv are two forms of the same output; choose one.")]
    public void A_value_that_cannot_be_used_is_refused_in_words(string line, string problem) =>
        Assert.Equal(problem, Assert.Single(CommandLineProblems.Of(s_switchyard.Parse(line))));

    [Fact]
    public void A_change_of_the_configuration_names_at_least_one_setting() =>
        Assert.Contains("'set'", Assert.Single(CommandLineProblems.Of(s_switchyard.Parse("config set"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("chat", "-- a list")]
    [InlineData("chat", "--", "--strem")]
    [InlineData("config", "set", "routing.strategy=cost")]
    [InlineData("providers", "--help", "--jsn")]
    public void A_word_that_only_resembles_an_option_is_taken(params string[] words) =>
        Assert.Empty(CommandLineProblems.Of(s_switchyard.Parse(words)));

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
