using System.Runtime.InteropServices;
using Spectre.Console;

namespace Switchyard.Server.Commands;

/// <summary>
/// Terminal output: colours and animations only if the stream is a terminal, and no colours if <c>NO_COLOR</c> is set.
/// </summary>
internal static class Terminal
{
    /// <summary>A console that draws on a stream. It detects what the stream can show.</summary>
    public static IAnsiConsole Of(TextWriter stream) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(stream) });

    /// <summary>Writes a line of minor importance, grey in a terminal: a duration, a next step.</summary>
    public static void Note(TextWriter stream, string line)
    {
        var console = Of(stream);
        if (console.Profile.Out.IsTerminal)
            console.Write(new Text(line + "\n", new Style(Color.Grey)));
        else
            stream.WriteLine(line);
    }

    /// <summary>Makes Ctrl-C run <paramref name="end"/> instead of ending the program, until the result is disposed.</summary>
    public static IDisposable OnInterrupt(Action end) => PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
    {
        signal.Cancel = true;
        end();
    });
}
