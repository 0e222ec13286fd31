// How a macro says what it wants, with everything ImageJ's own lookup gets wrong.
run("Sheaf Refresh");

run("Sheaf Test Params...", "count=7 factor=0.5 flag kind=two name=[two words] list=[1,2.5] places=[[1,2],[3,4]]");
p = params();
same("{\"number\":0.5,\"factor\":0.5,\"count\":7,\"flag\":true,\"kind\":\"two\",\"name\":\"two words\",\"list\":[1.0,2.5],\"places\":[[1.0,2.0],[3.0,4.0]],\"area\":[0.0,0.0,10.0,10.0],\"file\":\"\",\"folder\":\"\"}",
	p, "all kinds of values");

// absent means default, an absent boolean false, whatever a dialog remembers
run("Sheaf Test Params...", " ");
p = params();
has(p, "\"flag\":false", "parameters");
has(p, "\"count\":3", "parameters");

// a value is no place to look for keys
run("Sheaf Test Params...", "file=[/data/my count=9/flag x.tif] count=4");
p = params();
has(p, "\"count\":4", "parameters");
has(p, "\"flag\":false", "parameters");
has(p, "\"file\":\"/data/my count=9/flag x.tif\"", "parameters");

// variables, with and without &, of numbers and of text
n = 12;
f = 0.25;
text = "from a variable";
which = "two";
run("Sheaf Test Params...", "count=&n factor=f name=&text kind=&which");
p = params();
has(p, "\"count\":12", "parameters");
has(p, "\"factor\":0.25", "parameters");
has(p, "\"name\":\"from a variable\"", "parameters");
has(p, "\"kind\":\"two\"", "parameters");
run("Sheaf Test Params...", "count=" + n + " name=[" + text + "]");
p = params();
has(p, "\"count\":12", "parameters");
inside(33);

numbers = newArray(1, 2);
message = errorHere("list=&numbers", numbers);
same("&numbers: an array cannot be passed on; write String.join(numbers)", message, "an array");
run("Sheaf Test Params...", "list=[" + String.join(numbers) + "]");
p = params();
has(p, "\"list\":[1.0,2.0]", "parameters");

// what is not understood is not ignored
message = errorOf("Sheaf Test Params...", "cuont=3");
same("cuont: unknown parameter of Sheaf Test Params; did you mean count?", message, "unknown key");
message = errorOf("Sheaf Test Params...", "count=3 count=4");
same("count: given twice", message, "twice");
message = errorOf("Sheaf Test Params...", "kind=too");
same("kind: \"too\" given, needs one or two; did you mean two?", message, "choice");
message = errorOf("Sheaf Test Params...", "count=x");
same("count: \"x\" given, needs a whole number", message, "no number");
message = errorOf("Sheaf Test Params...", "count=&nowhere");
same("count: there is no macro variable \"nowhere\"", message, "no variable");
message = errorOf("Sheaf Test Params...", "name=[open");
same("name: the bracket in \"[open\" is not closed", message, "bracket");

// words that ImageJ itself looks for mean nothing here
testStack("cells.tif", "8-bit", 3);
message = errorOf("Sheaf Test Copy", "stack");
same("stack: unknown parameter of Sheaf Test Copy; it has none", message, "stack");
return "ok";

function params() {
	value = Table.getString("json", 0, "Parameters");
	return value;
}

// a variable of a function hides a global one
function inside(n) {
	run("Sheaf Test Params...", "count=&n");
	p = params();
	has(p, "\"count\":33", "parameters");
}

function errorHere(options, numbers) {
	return call("ij.Macro.eval", "numbers = newArray(1, 2); run(\"Sheaf Test Params...\", \"" + options + "\");");
}
